"""What callers may ask for: a limit for each operation, and a budget for each caller and minute.

A budget is a bucket that refills evenly: it holds what may be spent in a minute, and a minute fills it. Costs are those
of `schema.cost`: about one for each object that an answer can have.
"""

from collections import OrderedDict
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from math import ceil
from time import monotonic

OPERATION_COST_MAX = 100_000
"""What an operation may cost, unless the operator sets another limit."""

CALLER_COST_PER_MINUTE = 10_000_000
"""What the operations of one caller may cost in a minute, unless the operator sets another budget.

One who reads pages of 1,000 rows, one after the other and as fast as they come, does not use it up.
"""

EXECUTOR_COST_MAX = 1_500
"""What an operation that no single statement answers may cost: Python has to make each of its objects."""

_CALLERS_MAX = 10_000
_SECONDS = 60


@dataclass(frozen=True, slots=True)
class CostLimits:
    """What operations may cost."""

    operation: int = OPERATION_COST_MAX
    per_minute: int = CALLER_COST_PER_MINUTE
    executor: int = EXECUTOR_COST_MAX

    @property
    def most(self) -> int:
        """What one operation may cost: no more than a whole budget."""
        return min(self.operation, self.per_minute)


@dataclass(slots=True)
class Budget:
    """The budget of one caller."""

    limits: CostLimits
    _left: float
    _at: float

    def spend(self, cost: int) -> int:
        """Spend that much. Returns 0; or, with nothing spent, the seconds after which there will be enough."""
        now, most = monotonic(), self.limits.per_minute
        self._left = min(most, self._left + (now - self._at) * most / _SECONDS)
        self._at = now
        if cost > self._left:
            return ceil((cost - self._left) * _SECONDS / most)
        self._left -= cost
        return 0

    @property
    def left(self) -> int:
        """What was left when `spend` was last called."""
        return int(self._left)

    @property
    def full_in_seconds(self) -> int:
        """After how many seconds the budget would be full again, counted from that moment."""
        most = self.limits.per_minute
        return ceil((most - self._left) * _SECONDS / most)


class Budgets:
    """The budgets of callers. Of more than 10,000, the one that asked longest ago is forgotten, and begins anew."""

    def __init__(self, limits: CostLimits) -> None:
        self.limits = limits
        self._budgets: OrderedDict[str, Budget] = OrderedDict()

    def of(self, caller: str) -> Budget:
        """The budget of the caller with that name."""
        budget = self._budgets.get(caller)
        if budget is None:
            budget = self._budgets[caller] = Budget(self.limits, self.limits.per_minute, monotonic())
            if len(self._budgets) > _CALLERS_MAX:
                self._budgets.popitem(last=False)
        else:
            self._budgets.move_to_end(caller)
        return budget


@lru_cache(1_000)
def network_of(address: str) -> str:
    """The name of an anonymous caller: the address; of IPv6 its network of 64 bits, which is one client's."""
    try:
        parsed = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    return str(parsed.ipv4_mapped or IPv6Address(int(parsed) >> 64 << 64))

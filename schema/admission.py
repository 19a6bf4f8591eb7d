"""Whether an operation may be executed: its cost against the limits and the caller's budget, told to the caller."""

from dataclasses import dataclass
from typing import Any

import orjson
from graphql import GraphQLError, GraphQLSchema, NonNullTypeNode, OperationType
from strawberry.types import ExecutionResult

from resolvers.budgets import Budget
from schema.cost import Costs, Part
from schema.input_errors import BAD_USER_INPUT
from schema.plan import Selecting
from schema.preparation import Operation

QUERY_TOO_LARGE = "QUERY_TOO_LARGE"
BUDGET_EXCEEDED = "BUDGET_EXCEEDED"
RETRY_AFTER = "retryAfterSeconds"
"""In the extensions of BUDGET_EXCEEDED: after how many seconds the budget will have enough."""

_VALUES_MAX = 100

_SMALLER = "Ask for smaller pages with `first` or `last`, or ask in several operations."


@dataclass(frozen=True, slots=True)
class Admitted:
    """An operation that may be executed: its cost, and what the response tells of it, as its extensions."""

    cost: int
    told: dict[str, Any]


class Refused(Exception):
    """The operation is not executed."""

    def __init__(self, *errors: GraphQLError, told: dict[str, Any] | None = None) -> None:
        super().__init__(*errors)
        self.errors = errors
        self.told = told

    @property
    def result(self) -> ExecutionResult:
        """The result that tells so."""
        return ExecutionResult(data=None, errors=list(self.errors), extensions=self.told)


class Admission:
    """Admits operations of one schema."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._costs = Costs(schema)

    def admit(self, operation: Operation, selecting: Selecting, budget: Budget, most: int) -> Admitted:
        """Admit an operation that costs no more than `most`, and spend its cost. Raises Refused."""
        cost = self._cost(operation, selecting)
        if cost > most:
            raise Refused(self._too_large(selecting, cost, most), told=_told(cost, most, budget))
        if seconds := budget.spend(cost):
            raise Refused(self._beyond_budget(selecting, cost, budget, seconds), told=_told(cost, most, budget))
        return Admitted(cost, _told(cost, most, budget))

    def beyond_executor(self, selecting: Selecting, cost: int, most: int) -> GraphQLError:
        """The refusal of an operation that no statement answers, and that is too large for the executor."""
        told = (
            f"The operation would cost {cost:,}. No single statement of the database can answer it, for example because"
            f" too many lists are inside each other, and then the maximum is {most:,}."
        )
        return self._refusal(f"{told} {self._largest(selecting)} {_SMALLER}", QUERY_TOO_LARGE, cost=cost, maximum=most)

    def cost(self, selecting: Selecting) -> int:
        """The cost of an operation that has been admitted."""
        return self._costs.cost(selecting)

    def executed(self, selecting: Selecting) -> int:
        """The part of a mutation's cost that the executor has to make: lists are left out, which statements write."""
        return self._costs.executed(selecting)

    def _cost(self, operation: Operation, selecting: Selecting) -> int:
        """The cost, which is remembered for the values of variables on which it depends."""
        key = None if operation.type is OperationType.MUTATION else _values(selecting)
        known = operation.costs
        cost = None if key is None else known.get(key)
        if cost is None:
            try:
                cost = self._costs.cost(selecting)
            except GraphQLError as error:
                error.extensions = {"code": BAD_USER_INPUT}
                raise Refused(error) from None
            if key is not None:
                if len(known) >= _VALUES_MAX:
                    known.clear()
                known[key] = cost
        return cost

    def _too_large(self, selecting: Selecting, cost: int, most: int) -> GraphQLError:
        told = f"The operation would cost {cost:,}; the maximum is {most:,}. {self._largest(selecting)} {_SMALLER}"
        return self._refusal(told, QUERY_TOO_LARGE, cost=cost, maximum=most)

    def _beyond_budget(self, selecting: Selecting, cost: int, budget: Budget, seconds: int) -> GraphQLError:
        told = (
            f"The operation would cost {cost:,}, and of your budget of {budget.limits.per_minute:,} a minute"
            f" {budget.left:,} are left. Try again in {seconds} {'second' if seconds == 1 else 'seconds'}, or ask for"
            f" smaller pages with `first` or `last`. {self._largest(selecting)}"
        )
        return self._refusal(told, BUDGET_EXCEEDED, cost=cost, left=budget.left, **{RETRY_AFTER: seconds})

    def _refusal(self, told: str, code: str, **numbers: int) -> GraphQLError:
        return GraphQLError(told, extensions={"code": code, **numbers})

    def _largest(self, selecting: Selecting) -> str:
        part: Part = self._costs.largest(selecting)
        lists = " x ".join(f"{name} {size:,}" for name, size in part.lists)
        return f"The largest part is `{part.name}` with {part.cost:,}{f': {lists}' if lists else ''}."


def _told(cost: int, most: int, budget: Budget) -> dict[str, Any]:
    # Written here, because it is in each response.
    return {
        "cost": orjson.Fragment(
            b'{"operation":%d,"operationLimit":%d,"budgetPerMinute":%d,"budgetLeft":%d,"budgetFullInSeconds":%d}'
            % (cost, most, budget.limits.per_minute, budget.left, budget.full_in_seconds)
        )
    }


def _values(selecting: Selecting) -> tuple[object, ...]:
    """The operation's name, and the values of its variables on which its cost depends: page sizes and conditions."""
    definition = selecting.operation
    values: list[object] = [definition.name and definition.name.value]
    coerced = selecting.variable_values.coerced
    for variable in definition.variable_definitions or ():
        of = variable.type.type if isinstance(variable.type, NonNullTypeNode) else variable.type
        if getattr(getattr(of, "name", None), "value", None) in ("Int", "Boolean"):
            values.append(coerced.get(variable.variable.name.value))
    return tuple(values)

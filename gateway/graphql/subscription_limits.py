"""How many subscriptions there may be, over every transport; those of one WebSocket are limited beside it."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from gateway.limits import MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS_PER_CALLER

TOO_MANY_SUBSCRIPTIONS = "TOO_MANY_SUBSCRIPTIONS"


class TooManySubscriptions(Exception):
    """There may be no more subscriptions. The text says of whom, and how many there are."""


class SubscriptionLimits:
    """Counts the subscriptions of one server."""

    def __init__(self, per_caller: int = MAX_SUBSCRIPTIONS_PER_CALLER, together: int = MAX_SUBSCRIPTIONS) -> None:
        self._per_caller = per_caller
        self._together = together
        self._of_callers: Counter[str] = Counter()

    @contextmanager
    def one_of(self, caller: str) -> Iterator[None]:
        """Inside, the caller has one subscription more. Raises TooManySubscriptions."""
        if self._of_callers[caller] >= self._per_caller:
            raise TooManySubscriptions(
                f"This caller has {self._per_caller:,} subscriptions, the most there may be; end one first."
            )
        if self._of_callers.total() >= self._together:
            raise TooManySubscriptions(
                f"This gateway has {self._together:,} subscriptions, the most there may be; try again later."
            )
        self._of_callers[caller] += 1
        try:
            yield
        finally:
            self._of_callers[caller] -= 1
            if not self._of_callers[caller]:
                del self._of_callers[caller]

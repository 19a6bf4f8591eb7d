"""Common parts of the imports: lines are parsed, and rejected with a reason if they are invalid."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TypeVar

from resolvers.did_you_mean import DidYouMean
from runs.texts import normalised_text
from runs.violations import Rule, Violation, Violations
from storage.errors import OperatorError

Line = tuple[int, Mapping[str, str] | str]
"""A line's number, and its values by column, or why it cannot be parsed."""

Reject = Callable[[int, Sequence[Violation]], None]
"""Receives the number of a rejected line, and its violations."""

Settle = Callable[[], None]
"""Called after the last line, immediately before the commit; an exception rolls everything back."""

Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)
Lines = Iterable[Line]


class ImportRefused(OperatorError):
    """The whole file is refused; nothing of it was recorded. The text says why."""


class OnlyChecked(Exception):
    """Raised by a Settle to check a file only: nothing is recorded, but the counts are those of an import."""


def at_once() -> None:
    """The Settle that does nothing."""


@dataclass(frozen=True, slots=True)
class Uncollectable:
    """Transactions that no run can collect with the current accounting periods: their number, first and last day."""

    count: int
    first: date
    last: date


@dataclass(slots=True)
class Imported:
    """The result of importing one file. `totals` are signed sums of what was recorded, by currency.

    `by_period` has them by currency and accounting period, in this order: currency, name of the period (None: in
    none), number, and sum.

    `in_no_period` are recorded transactions dated outside all accounting periods, `in_open_ended_period` those in a
    period without an end; None if there are none.
    """

    recorded: int = 0
    duplicates: int = 0
    rates_added: int = 0
    """Transactions recorded before the home currency was set, which received their exchange rates now."""
    rejected: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)
    by_period: list[tuple[str, str | None, int, Decimal]] = field(default_factory=list)
    in_no_period: Uncollectable | None = None
    in_open_ended_period: Uncollectable | None = None

    def warnings(self) -> list[str]:
        """Warnings about recorded transactions, one sentence each."""
        found = []
        for dated, place, missing in (
            (self.in_no_period, "in no accounting period", "a period"),
            (self.in_open_ended_period, "in an open-ended accounting period", "a period with an end"),
        ):
            if dated is not None:
                subject, them = ("1 transaction is", "it")
                if dated.count > 1:
                    subject, them = (f"{dated.count:,} transactions are", "them")
                days, covered = (f"{dated.first}", "that day")
                if dated.first < dated.last:
                    days, covered = (f"{dated.first} to {dated.last}", "those days")
                found.append(
                    f"{subject} dated {place}: {days}; no run can collect {them} until {missing} covers {covered}"
                )
        return found


def word(words: type[Word], text: str) -> Word:
    """The member whose wire string or name is the text. Raises ValueError if there is none."""
    try:
        return words(text)
    except ValueError:
        if text in words.__members__:
            return words[text]
    suggestion = _suggestions(words)(text) or f"; the values are: {', '.join(words)}"
    raise ValueError(f"{text!r} is unknown{suggestion}")


@cache
def _suggestions(words: type[StrEnum]) -> DidYouMean:
    return DidYouMean(words)


def yes_or_no(text: str) -> bool:
    """True for yes, False for no. Raises ValueError for any other text."""
    if text.lower() not in ("yes", "no", "true", "false"):
        raise ValueError(f"{text!r} is not valid; use yes or no")
    return text.lower() in ("yes", "true")


def malformed(message: str) -> Violation:
    """The violation of a line that cannot be parsed."""
    return Violation(Rule.INVALID, message)


class Cells:
    """The cells of one line. Collects all violations, so that they are reported together."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.violations = Violations()

    def text(self, column: str, longest: int = 100) -> str | None:
        """The column's text, normalised; None if it is blank, refused or too long."""
        return normalised_text(self._values.get(column, ""), longest, self.violations, column)

    def read(self, column: str, parse: Callable[[str], Value]) -> Value | None:
        """The parsed text of the column; None if it is blank or invalid."""
        text = self._values.get(column, "").strip()
        try:
            return parse(text) if text else None
        except ValueError as error:
            self.violations.add(Rule.INVALID, str(error), column)
            return None

    def require(self, column: str, value: Value | None) -> Value | None:
        """The value. Adds a violation if it is missing and the column has no other."""
        if value is None and not self.has_violation(column):
            self.violations.add(Rule.REQUIRED, "it is required", column)
        return value

    def has_text(self, column: str) -> bool:
        """Whether the column is not blank."""
        return bool(self._values.get(column, "").strip())

    def has_violation(self, column: str) -> bool:
        """Whether the column has a violation."""
        return any(violation.path == (column,) for violation in self.violations.found)

"""What the imports have in common: lines come in, good ones are kept, the others told with their reason."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from functools import cache
from typing import TypeVar

from resolvers.did_you_mean import DidYouMean
from storage.texts import TextRefused, normalised

Line = tuple[int, Mapping[str, str] | str]
"""A line's number, and its values by column, or why it cannot be understood."""

Reject = Callable[[int, str], None]
"""Takes the number of a rejected line, and the reason."""

Settle = Callable[[], None]
"""Called once all lines are taken, as the last thing before they are recorded for good; raises to have none of them."""

Value = TypeVar("Value")
Word = TypeVar("Word", bound=StrEnum)
Lines = Iterable[Line]


class ImportRefused(Exception):
    """The whole file is refused; nothing of it was taken. Its text says why."""


class OnlyChecked(Exception):
    """Raised by a Settle: the file was only to be checked. Nothing of it is recorded, and it counts as if it were."""


def at_once() -> None:
    """The Settle of whoever has nothing to do before lines are recorded."""


@dataclass(frozen=True, slots=True)
class Uncollectable:
    """Transactions that no run can collect with the present accounting periods: how many, first and last day."""

    count: int
    first: date
    last: date


@dataclass(slots=True)
class Imported:
    """What became of the lines of one file. `totals` are signed sums, by currency.

    Of the recorded transactions, `in_no_period` are dated in no accounting period, and `in_open_ended_period` in one
    without an end; None where there are none.
    """

    recorded: int = 0
    duplicates: int = 0
    rates_added: int = 0
    """Recorded before the home currency was set, and given their exchange rates now."""
    rejected: int = 0
    totals: dict[str, Decimal] = field(default_factory=dict)
    in_no_period: Uncollectable | None = None
    in_open_ended_period: Uncollectable | None = None

    def warnings(self) -> list[str]:
        """What whoever imports should know though nothing was rejected: one sentence for each."""
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


class Faulty(ValueError):
    """A cell or a line that cannot be taken. Its text says why."""


def word(words: type[Word], text: str) -> Word:
    """The member that the text means: its wire string or its name. Raises Faulty for neither."""
    try:
        return words(text)
    except ValueError:
        if text in words.__members__:
            return words[text]
    suggestion = _suggestions(words)(text) or f"; possible are: {', '.join(words)}"
    raise Faulty(f"{text!r} is unknown{suggestion}")


@cache
def _suggestions(words: type[StrEnum]) -> DidYouMean:
    return DidYouMean(words)


def yes_or_no(text: str) -> bool:
    """What the text says. Raises Faulty unless it is yes or no."""
    if text.lower() not in ("yes", "no", "true", "false"):
        raise Faulty(f"{text!r} is neither yes nor no")
    return text.lower() in ("yes", "true")


class Cells:
    """The cells of one line. What is wrong with any of them is collected, so that it can be told at once."""

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = values
        self.faults: list[tuple[str, str]] = []
        """Columns, and what is wrong with what they have."""

    def text(self, column: str, longest: int = 100) -> str | None:
        """The column's text, normalised; None when it is blank, refused or longer than the ledger can hold."""
        try:
            text = normalised(self._values.get(column, ""))
        except TextRefused as refused:
            self.faults.append((column, str(refused)))
            return None
        if len(text) > longest:
            self.faults.append((column, f"it has {len(text)} characters; at most {longest} are possible"))
            return None
        return text or None

    def read(self, column: str, parse: Callable[[str], Value]) -> Value | None:
        """What the column's text means; None when it is blank or cannot be read."""
        text = self._values.get(column, "").strip()
        try:
            return parse(text) if text else None
        except ValueError as error:
            self.faults.append((column, str(error)))
            return None

    def require(self, column: str, value: Value | None) -> Value | None:
        """The value. Where there is none, and no other fault says why, it is required."""
        if value is None and column not in dict(self.faults):
            self.faults.append((column, "it is required"))
        return value

    def refuse_faults(self) -> None:
        """Raise Faulty with everything that was wrong."""
        if self.faults:
            raise Faulty("; ".join(f"{column}: {message}" for column, message in self.faults))

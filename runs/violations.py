"""Violations: the broken rules of a request, from where they are found to where an interface shows them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from storage.words import Permission

Path = tuple[str | int, ...]
"""Where a value is in the input: names as in Python and positions in lists, such as `("transaction_types", 2)`."""


class Rule(StrEnum):
    """The kind of rule that is broken."""

    REQUIRED = "REQUIRED"
    INVALID = "INVALID"
    UNKNOWN = "UNKNOWN"
    DUPLICATE = "DUPLICATE"
    OUT_OF_RANGE = "OUT_OF_RANGE"
    INACTIVE = "INACTIVE"
    CONFLICT = "CONFLICT"
    PERIOD_MISMATCH = "PERIOD_MISMATCH"
    PERIOD_OPEN_ENDED = "PERIOD_OPEN_ENDED"
    NOT_IN_ONE_PERIOD = "NOT_IN_ONE_PERIOD"
    WHOLE_PERIOD_ONLY = "WHOLE_PERIOD_ONLY"
    AGGREGATION_MIXED = "AGGREGATION_MIXED"
    RUN_IN_PROGRESS = "RUN_IN_PROGRESS"
    STATUS_NOT_ALLOWED = "STATUS_NOT_ALLOWED"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, slots=True)
class Violation:
    """One broken rule: what is wrong and what would be right, and where.

    The message is a clause without a full stop that does not begin with the name of the field: interfaces show the
    field in their own spelling, and begin and end a sentence where they need one.

    A message that tells about an object `shows` the permission to view it, and has another beside it, `otherwise`, for
    callers who lack that.
    """

    rule: Rule
    message: str
    path: Path = ()
    shows: Permission | None = None
    otherwise: str = ""

    @property
    def sentence(self) -> str:
        """The message as a sentence."""
        return sentence(self.message)

    def told_to(self, permissions: Collection[Permission]) -> "Violation":
        """The same violation with what a caller with these permissions may know."""
        hidden = self.shows is not None and self.shows not in permissions
        return replace(self, message=self.otherwise) if hidden else self

    def below(self, *path: str | int) -> "Violation":
        """The same violation in a value that is itself at this path."""
        return replace(self, path=(*path, *self.path))


def sentence(clause: str) -> str:
    """The clause as a sentence, with a capital and a full stop."""
    return f"{clause[:1].upper()}{clause[1:]}."


TOLD_MAX = 100
"""The violations that are told of one input; the number of the others follows."""


class Invalid(Exception):
    """The input breaks these rules. Raised inside a transaction, which is rolled back."""

    def __init__(self, violations: Sequence[Violation]) -> None:
        told = list(violations)
        if len(told) > TOLD_MAX + 1:  # a single one more takes the place of its number
            message = f"there are {len(told) - TOLD_MAX:,} more violations; correct these {TOLD_MAX} first"
            told[TOLD_MAX:] = [Violation(told[TOLD_MAX].rule, message)]
        super().__init__("; ".join(violation.message for violation in told))
        self.violations = tuple(told)


@dataclass(slots=True)
class Violations:
    """The violations found so far, so that all are reported together."""

    found: list[Violation] = field(default_factory=list)

    def add(self, rule: Rule, message: str, *path: str | int) -> None:
        """Add a violation."""
        self.found.append(Violation(rule, message, path))

    def refuse(self) -> None:
        """Raise Invalid with all violations, if there are any."""
        if self.found:
            raise Invalid(self.found)

"""A violation: one broken rule, the same from where it is found to where GraphQL, REST or a feed file shows it."""

from dataclasses import dataclass
from enum import StrEnum


class Rule(StrEnum):
    """The kind of rule that is broken. GraphQL shows it as the code of a user error."""

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
    """One broken rule. The message is a sentence that does not begin with the field's name: each edge shows the path.

    `path` has Python names, from the input down, such as ("transaction_types", 2); empty for the input as a whole.
    """

    rule: Rule
    message: str
    path: tuple[str | int, ...] = ()


class Invalid(Exception):
    """The input breaks these rules. Raised inside a database transaction, it rolls everything back."""

    def __init__(self, *violations: Violation) -> None:
        super().__init__(*violations)
        self.violations = violations

    def __str__(self) -> str:
        return " ".join(violation.message for violation in self.violations)

"""The two ways in which a request is answered with no: a broken rule is data, anything else is raised."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

Value = TypeVar("Value")


class UserErrorCode(StrEnum):
    """Which kind of rule was broken."""

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
    RUN_IN_THE_WAY = "RUN_IN_THE_WAY"
    STATUS_NOT_ALLOWED = "STATUS_NOT_ALLOWED"
    IDEMPOTENCY_KEY_REUSED = "IDEMPOTENCY_KEY_REUSED"


@dataclass(frozen=True, slots=True)
class UserError:
    """One broken rule: which, said for a user, and the path of the input field it belongs to."""

    code: UserErrorCode
    message: str
    field: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """What a mutation gives back: a value, or every rule that the input broke."""

    value: Value | None = None
    errors: list[UserError] = field(default_factory=list)


class RequestError(Exception):
    """The request itself cannot be answered. `code` becomes `extensions.code`."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": self.code}


class NotFound(RequestError):
    """There is nothing of that name or number."""

    code = "NOT_FOUND"


class Unauthenticated(RequestError):
    """The caller has not shown who they are, though they must, or in a way that is not accepted."""

    code = "UNAUTHENTICATED"


class Forbidden(RequestError):
    """The caller lacks the permission for this."""

    code = "FORBIDDEN"


class Unavailable(RequestError):
    """The server cannot answer now, but another, or this one later, can."""

    code = "SERVICE_UNAVAILABLE"

"""Errors of requests: violations are returned as data, everything else is raised."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Generic, TypeVar

Value = TypeVar("Value")


class UserErrorCode(StrEnum):
    """The kind of a violation."""

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
class UserError:
    """One violation: its kind, a message for users, and the path of the input field."""

    code: UserErrorCode
    message: str
    field: list[str] | None = None


@dataclass(frozen=True, slots=True)
class Answer(Generic[Value]):
    """The result of a mutation: a value, or every violation of the input."""

    value: Value | None = None
    errors: list[UserError] = field(default_factory=list)


class RequestError(Exception):
    """The request cannot be answered. `code` becomes `extensions.code`."""

    code = "BAD_USER_INPUT"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.extensions = {"code": self.code}


class NotFound(RequestError):
    """Nothing with that name or number exists."""

    code = "NOT_FOUND"


class Unauthenticated(RequestError):
    """The caller sent no valid access token or credentials."""

    code = "UNAUTHENTICATED"


class Forbidden(RequestError):
    """The caller lacks a required permission."""

    code = "FORBIDDEN"


class Unavailable(RequestError):
    """The server cannot answer now; a retry may succeed."""

    code = "SERVICE_UNAVAILABLE"

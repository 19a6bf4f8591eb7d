"""Refusals in the REST interface's format: HTTP status 200, `success` false, and one reason per violation."""

from collections.abc import Sequence
from enum import IntEnum
from http import HTTPStatus
from secrets import token_hex
from typing import Literal

from pydantic import ConfigDict, ValidationError
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from gateway.rest.wire import Wire
from resolvers.errors import Forbidden, NotFound, RequestError, TooSlow, Unavailable
from runs.violations import TOLD_MAX, Invalid, Rule, Violation
from schema.input_errors import LONGEST_MESSAGE, shortened

RESOURCE = 500_000
"""The first six digits of a code, for a field of an unspecified object. The message names the field."""


class Category(IntEnum):
    """The last two digits of a code: the category of the refusal."""

    PERMISSION = 10
    INVALID = 20
    UNKNOWN_FIELD = 21
    MISSING_FIELD = 22
    QUERY = 27
    RULE = 30
    NOT_FOUND = 40
    METHOD = 45
    FAULT = 60
    TEMPORARY = 61
    MALFORMED = 90

    @property
    def code(self) -> int:
        """The whole code."""
        return RESOURCE * 100 + self


_OF_RULES = {
    Rule.REQUIRED: Category.MISSING_FIELD,
    Rule.INVALID: Category.INVALID,
    Rule.DUPLICATE: Category.INVALID,
    Rule.OUT_OF_RANGE: Category.INVALID,
    Rule.UNKNOWN: Category.NOT_FOUND,
}
"""Every other code is a rule of the domain."""

_OF_SHAPES = {
    "json_invalid": Category.MALFORMED,
    "extra_forbidden": Category.UNKNOWN_FIELD,
    "missing": Category.MISSING_FIELD,
}

_MESSAGES = {"extra_forbidden": "There is no such field.", "missing": "This field is required."}
"""Replacements for pydantic's messages."""

_NAMES = {"idempotency_key": "Idempotency-Key", "number": ""}
"""Inputs with another name here. The number is part of the path, and its message names it."""


class Reason(Wire):
    """One violation: its code, and a message with the field, what is wrong, and what would be right."""

    code: int
    message: str


class Refusal(Wire):
    """The response to a refused request; nothing was done."""

    model_config = ConfigDict(title="CommonResponse")

    success: Literal[False]
    process_id: str
    request_id: str
    reasons: list[Reason]


class Refused(Exception):
    """The request is refused for these reasons."""

    def __init__(self, *reasons: Reason, status: HTTPStatus = HTTPStatus.OK) -> None:
        super().__init__(*reasons)
        self.reasons = reasons
        self.status = status

    def body(self, request_id: str) -> Refusal:
        """The body of the response."""
        process_id = token_hex(8).upper()
        return Refusal(success=False, process_id=process_id, request_id=request_id, reasons=list(self.reasons))


def reason(category: Category, message: str) -> Reason:
    """A reason of that category."""
    return Reason(code=category.code, message=shortened(message, LONGEST_MESSAGE))


def of_rules(error: Invalid) -> Refused:
    """The refusal of a request that breaks rules."""
    return Refused(*(_of_rule(violation) for violation in error.violations))


def of_shape(error: ValidationError) -> Refused:
    """The refusal of a body that does not match its model."""
    details = error.errors(include_url=False, include_input=False)
    reasons = [_of_detail(detail) for detail in details[:TOLD_MAX]]
    if others := len(details) - len(reasons):
        told = f"There are {others:,} more reasons; correct these {TOLD_MAX} first."
        reasons.append(reason(Category.INVALID, told))
    return Refused(*reasons)


def of_request(error: RequestError) -> Refused:
    """The refusal of a request that failed as a whole."""
    if isinstance(error, Unavailable | TooSlow):
        return Refused(reason(Category.TEMPORARY, str(error)), status=HTTPStatus.SERVICE_UNAVAILABLE)
    if isinstance(error, Forbidden):
        return Refused(reason(Category.PERMISSION, str(error)))
    if isinstance(error, NotFound):
        return Refused(reason(Category.NOT_FOUND, str(error)))
    return Refused(reason(Category.INVALID, str(error)))


def _of_rule(violation: Violation) -> Reason:
    path = [_NAMES.get(part, to_camel(part)) if isinstance(part, str) else part for part in violation.path]
    return reason(_OF_RULES.get(violation.rule, Category.RULE), _named(path, violation.sentence))


def _of_detail(detail: ErrorDetails) -> Reason:
    category = _OF_SHAPES.get(detail["type"], Category.INVALID)
    message = _MESSAGES.get(detail["type"], detail["msg"].removeprefix("Value error, "))
    if detail["type"] == "too_long":
        message = f"It has {detail['ctx']['actual_length']:,} values; the maximum is {detail['ctx']['max_length']:,}."
    return reason(category, _named(detail["loc"], message))


def _named(path: Sequence[str | int], message: str) -> str:
    name = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in path).strip(".")
    return f"{name}: {message}" if name else message

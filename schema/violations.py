"""How GraphQL shows violations: in the `errors` of a payload, each with the path of its input field."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Generic, TypeVar

import strawberry
from strawberry.utils.str_converters import to_camel_case

from runs.violations import TOLD_MAX, Invalid, Path, Rule, Violation
from schema.input_errors import LONGEST_MESSAGE, shortened
from schema.permissions import ANYONE

Value = TypeVar("Value")

_NAMES = {"organization": "organizationLabel"}
"""Fields whose names in GraphQL are not the Python names in camel case."""

ERRORS = f"The violations of the input, {TOLD_MAX} at most; empty if it was accepted."


@strawberry.type(description="A violation: one broken rule.", directives=[ANYONE])
class UserError:
    code: Rule = strawberry.field(description="The kind of violation.")
    message: str = strawberry.field(description="What is wrong, and what would be right.")
    field: list[str] | None = strawberry.field(
        description='Path of the input field, such as ["input", "targetEndDate"].'
    )


@dataclass(frozen=True, slots=True)
class Payload(Generic[Value]):
    """The result of a mutation: its value, or every violation of the input."""

    value: Value | None
    errors: list[UserError]


async def payload(change: Awaitable[Value]) -> Payload[Value]:
    """The payload of a change."""
    try:
        return Payload(await change, [])
    except Invalid as invalid:
        return Payload(None, [_user_error(violation) for violation in invalid.violations])


def field_of(path: Path) -> list[str]:
    """The path in GraphQL's names."""
    if "segments" in path:
        # A segment is named by its message; the input has them as a list.
        path = path[: path.index("segments") + 1]
    return [_NAMES.get(part, to_camel_case(part)) if isinstance(part, str) else str(part) for part in path]


def _user_error(violation: Violation) -> UserError:
    field = ["input", *field_of(violation.path)]
    return UserError(code=violation.rule, message=shortened(violation.sentence, LONGEST_MESSAGE), field=field)

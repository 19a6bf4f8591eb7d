"""Violations in the payload of a mutation."""

import strawberry

from resolvers.errors import UserErrorCode


@strawberry.type(description="A violation: one broken rule.")
class UserError:
    code: UserErrorCode = strawberry.field(description="The kind of violation.")
    message: str = strawberry.field(description="What is wrong, and what would be right.")
    field: list[str] | None = strawberry.field(
        description='Path of the input field, such as ["input", "targetEndDate"].'
    )


ERRORS = "Every violation of the input; empty if it was accepted."


ERRORS = "Every violation of the input; empty if it was accepted."

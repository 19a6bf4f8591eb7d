"""The context that Strawberry passes to every field."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Any

import strawberry

from resolvers.access import Credential
from resolvers.budgets import Budget
from resolvers.context import Context
from resolvers.loaders import Loaders
from schema.room import Room


@dataclass(frozen=True, kw_only=True)
class RequestContext(Context):
    """A request: its batched look-ups, what it may cost, and the room in which Python may execute it.

    `left` returns once the client has left; None where that cancels the operation anyway.
    """

    loaders: Loaders
    budget: Budget
    room: Room
    left: Callable[[], Awaitable[None]] | None = None
    credential: Credential | None = None


Info = strawberry.Info[RequestContext, None]


async def written(info: Info, rows: Sequence[Any] | None) -> Any:
    """The rows that a field returns, as JSON that one statement writes if there is a plan; otherwise as they are."""
    return await info.schema.objects(info, rows)  # type: ignore[attr-defined]

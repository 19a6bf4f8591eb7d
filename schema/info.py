"""The context that Strawberry passes to every field."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import strawberry

from resolvers.access import Credential
from resolvers.context import Context
from resolvers.loaders import Loaders


@dataclass(frozen=True, kw_only=True)
class RequestContext(Context):
    """A request, with its batched look-ups."""

    loaders: Loaders
    credential: Credential | None = None


Info = strawberry.Info[RequestContext, None]


async def written(info: Info, rows: Sequence[Any] | None) -> Any:
    """The rows that a field returns, as JSON that one statement writes if there is a plan; otherwise as they are."""
    return await info.schema.objects(info, rows)  # type: ignore[attr-defined]

"""The context that Strawberry passes to every field."""

from dataclasses import dataclass

import strawberry

from resolvers.context import Context
from resolvers.loaders import Loaders


@dataclass(frozen=True, kw_only=True)
class RequestContext(Context):
    """A request, with its batched look-ups."""

    loaders: Loaders


Info = strawberry.Info[RequestContext, None]

"""An endpoint: what it is called, what it takes, what it answers, and who answers."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from starlette.datastructures import URL

from gateway.rest.wire import Asked, Wire
from resolvers.context import Context
from resolvers.loaders import Loaders

Body = TypeVar("Body", bound=Asked | None)

_PARAMETER = re.compile(r"{([^}]+)}")


@dataclass(frozen=True, slots=True)
class Call(Generic[Body]):
    """One request, from a caller who was let in."""

    context: Context
    loaders: Loaders
    parameters: Mapping[str, str]
    url: URL
    body: Body
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation. `path` names its parameters in braces; `handler` is called with a `body` of that type."""

    method: str
    path: str
    name: str
    summary: str
    handler: Callable[[Call[Any]], Awaitable[Wire]]
    answer: type[Wire]
    body: type[Asked] | None = None
    page_size: int | None = None
    """Where it answers a list: how many it answers at once when the caller does not say."""
    idempotent_by_key: bool = False

    @property
    def parameters(self) -> list[str]:
        """The names in its path."""
        return _PARAMETER.findall(self.path)

    @property
    def route(self) -> str:
        """The path as Starlette writes it, where a name has no hyphen."""
        return _PARAMETER.sub(lambda name: name.group().replace("-", "_"), self.path)

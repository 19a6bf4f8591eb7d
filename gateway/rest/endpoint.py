"""An endpoint: its name, request and response models, and handler."""

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
    """One request from an authenticated caller."""

    context: Context
    loaders: Loaders
    parameters: Mapping[str, str]
    url: URL
    body: Body
    idempotency_key: str | None


@dataclass(frozen=True, slots=True)
class Endpoint:
    """One operation. `path` has its parameters in braces; `handler` receives a body of the type `body`."""

    method: str
    path: str
    name: str
    summary: str
    handler: Callable[[Call[Any]], Awaitable[Wire]]
    answer: type[Wire]
    body: type[Asked] | None = None
    page_size: int | None = None
    """The default page size, if the endpoint returns a list."""
    idempotent_by_key: bool = False

    @property
    def parameters(self) -> list[str]:
        """The names of the parameters in its path."""
        return _PARAMETER.findall(self.path)

    @property
    def route(self) -> str:
        """The path for Starlette, whose parameter names cannot contain hyphens."""
        return _PARAMETER.sub(lambda name: name.group().replace("-", "_"), self.path)

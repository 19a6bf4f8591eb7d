"""The routes of `/odata/`, and how refusals become responses."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from gateway.authentication import Authentication
from gateway.bi.answering import answerer
from gateway.odata import PATH
from gateway.odata.endpoint import answer_request
from gateway.odata.errors import fault, refusal
from resolvers.context import Gateway
from resolvers.errors import RequestError


def routes(gateway: Gateway, authentication: Authentication) -> list[Route]:
    """The routes of the service. Every response, refusals and faults included, has OData's format."""
    answer = answerer(gateway, authentication, answer_request)

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        response = await answer(Request(scope, receive))
        await response(scope, receive, send)

    app = Starlette(exception_handlers={RequestError: _on_request_error, Exception: _on_fault})
    app.router.default = application
    root = PATH.removesuffix("/")
    return [Route(root, app), Route(f"{root}/{{path:path}}", app)]


async def _on_request_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return refusal(error)


async def _on_fault(_request: Request, _error: Exception) -> Response:
    return fault()

"""`/odata/` as one ASGI application."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.authentication import Authentication
from gateway.odata.endpoint import Endpoint
from gateway.odata.errors import fault, refusal
from resolvers.context import Gateway
from resolvers.errors import RequestError


def odata(gateway: Gateway, authentication: Authentication) -> ASGIApp:
    """The application. Every response, refusals and faults included, has OData's format."""
    endpoint = Endpoint(gateway, authentication)

    async def answer(scope: Scope, receive: Receive, send: Send) -> None:
        response = await endpoint.answer(Request(scope, receive))
        await response(scope, receive, send)

    app = Starlette(exception_handlers={RequestError: _on_request_error, Exception: _on_fault})
    app.router.default = answer
    return app


async def _on_request_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return refusal(error)


async def _on_fault(_request: Request, _error: Exception) -> Response:
    return fault()

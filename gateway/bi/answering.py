"""What every interface of reports does: identify the caller, and say why a request is refused."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway.authentication import Authentication, address_of
from gateway.bi.refusals import refusal
from gateway.compression import compressing
from resolvers.bi import Reports
from resolvers.context import Context, Gateway
from resolvers.errors import RequestError

Handler = Callable[[Reports, Request], Awaitable[Response]]
Answerer = Callable[[Request], Awaitable[Response]]


def answerer(gateway: Gateway, authentication: Authentication, handler: Handler) -> Answerer:
    """Answers requests by the handler, which gets what the caller may ask for."""

    async def answer(request: Request) -> Response:
        return await handler(await reports_for(request, gateway, authentication), request)

    return answer


async def reports_for(request: Request, gateway: Gateway, authentication: Authentication) -> Reports:
    """What the caller who sends the request may ask for. Raises what `Authentication.caller` raises."""
    caller = await authentication.caller(request.headers.get("authorization"), address_of(request))
    limited = gateway.limited_to(caller.organizations)
    return Reports(Context(limited, caller.actor, caller.permissions, caller.name))


def application(routes: Sequence[BaseRoute], addresses: str) -> ASGIApp:
    """The application with these routes; refusals are JSON with a message. `addresses` tells where there are some."""

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        wrong = (
            f"{request.method} is not allowed for {request.url.path}; use GET."
            if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
            else f"There is no path {request.url.path}; {addresses}."
        )
        return JSONResponse({"message": wrong}, error.status_code, error.headers)

    app = Starlette(
        routes=routes,
        exception_handlers={RequestError: _on_request_error, HTTPException: on_http_exception, Exception: _on_fault},
    )
    app.router.redirect_slashes = False
    return compressing(app)


async def _on_request_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    return refusal(error)


async def _on_fault(_request: Request, _error: Exception) -> Response:
    return JSONResponse({"message": "Internal error; see the gateway's log."}, HTTPStatus.INTERNAL_SERVER_ERROR)

"""What every interface of reports does: identify the caller, and say why a request is refused."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from http import HTTPStatus

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from gateway.attempts import TooManyAttempts
from gateway.authentication import RETRY_LATER, Authentication, address_of
from resolvers.bi import Reports
from resolvers.context import Context, Gateway
from resolvers.errors import Forbidden, NotFound, RequestError, TooSlow, Unauthenticated, Unavailable

COMPRESSED_BYTES_MIN = 1_000
"""Responses of at least this many bytes are gzipped, if the client accepts it."""

CHALLENGES = ('Basic realm="Journal Gateway", charset="UTF-8"', "Bearer")
"""How callers may identify themselves. Browsers answer Basic with a dialog."""

BASIC_TOO = " Or send an API key's client id and client secret, as user name and password (Basic)."

Handler = Callable[[Reports, Request], Awaitable[Response]]
Answerer = Callable[[Request], Awaitable[Response]]

_STATUSES: Sequence[tuple[type[RequestError], HTTPStatus]] = (
    (TooManyAttempts, HTTPStatus.TOO_MANY_REQUESTS),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (TooSlow, HTTPStatus.SERVICE_UNAVAILABLE),
    (RequestError, HTTPStatus.BAD_REQUEST),
)


def answerer(gateway: Gateway, authentication: Authentication, handler: Handler) -> Answerer:
    """Answers requests by the handler, which gets what the caller may ask for."""

    async def answer(request: Request) -> Response:
        caller = await authentication.caller(request.headers.get("authorization"), address_of(request))
        limited = gateway.limited_to(caller.organizations)
        reports = Reports(Context(limited, caller.actor, caller.permissions, caller.name))
        return await handler(reports, request)

    return answer


def application(routes: Sequence[BaseRoute], addresses: str) -> ASGIApp:
    """The application with these routes; refusals are JSON with a message. `addresses` tells where there are some."""

    async def on_http_exception(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        wrong = (
            f"{request.method} is not allowed for {request.url.path}; use GET."
            if error.status_code == HTTPStatus.METHOD_NOT_ALLOWED
            else f"There is no path {request.url.path}; {addresses}."
        )
        return refusal(wrong, error.status_code, error.headers or {})

    app = Starlette(
        routes=routes,
        exception_handlers={RequestError: _on_request_error, HTTPException: on_http_exception, Exception: _on_fault},
    )
    app.router.redirect_slashes = False
    return GZipMiddleware(app, minimum_size=COMPRESSED_BYTES_MIN)


def refusal(message: str, status: int, headers: Mapping[str, str] | None = None) -> Response:
    """The response to a refused request."""
    return JSONResponse({"message": message}, status, headers)


async def _on_request_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    status = next(status for kind, status in _STATUSES if isinstance(error, kind))
    message = str(error)
    if status is HTTPStatus.UNAUTHORIZED and "authorization" not in request.headers:
        message += BASIC_TOO
    response = refusal(message, status)
    if status is HTTPStatus.UNAUTHORIZED:
        for challenge in CHALLENGES:
            response.headers.append("WWW-Authenticate", challenge)
    if isinstance(error, Unavailable):
        response.headers.update(RETRY_LATER)
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.wait_seconds)
    return response


async def _on_fault(_request: Request, _error: Exception) -> Response:
    return refusal("Internal error; see the gateway's log.", HTTPStatus.INTERNAL_SERVER_ERROR)

"""Refusals of interfaces for reports: JSON with a message, and the HTTP status and headers that fit."""

from collections.abc import Sequence
from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from gateway.attempts import TooManyAttempts
from gateway.authentication import RETRY_LATER, CredentialsMissing
from resolvers.errors import Forbidden, NotFound, RequestError, TooSlow, Unauthenticated, Unavailable

CHALLENGES = ('Basic realm="Journal Gateway", charset="UTF-8"', "Bearer")
"""How callers may identify themselves. Browsers and spreadsheets ask for a name and a password where Basic is first."""

_BASIC_TOO = " Or send an API key's client id and client secret, as user name and password (Basic)."

_STATUSES: Sequence[tuple[type[RequestError], HTTPStatus]] = (
    (TooManyAttempts, HTTPStatus.TOO_MANY_REQUESTS),
    (Unauthenticated, HTTPStatus.UNAUTHORIZED),
    (Forbidden, HTTPStatus.FORBIDDEN),
    (NotFound, HTTPStatus.NOT_FOUND),
    (Unavailable, HTTPStatus.SERVICE_UNAVAILABLE),
    (TooSlow, HTTPStatus.SERVICE_UNAVAILABLE),
    (RequestError, HTTPStatus.BAD_REQUEST),
)


def refusal(error: RequestError) -> Response:
    """The response to a request that cannot be answered."""
    return with_headers(JSONResponse({"message": message_of(error)}, status_of(error)), error)


def status_of(error: RequestError) -> HTTPStatus:
    """The HTTP status that fits; an error that says nothing else is a bad request."""
    return next(status for kind, status in _STATUSES if isinstance(error, kind))


def message_of(error: RequestError) -> str:
    """Why the request is refused; to a caller who sent nothing, also how tools for reports sign in."""
    return str(error) + (_BASIC_TOO if isinstance(error, CredentialsMissing) else "")


def with_headers(response: Response, error: RequestError) -> Response:
    """The response, with headers that say how to authenticate, or when to try again."""
    if isinstance(error, TooManyAttempts):
        response.headers["Retry-After"] = str(error.wait_seconds)
    elif isinstance(error, Unavailable):
        response.headers.update(RETRY_LATER)
    elif isinstance(error, Unauthenticated):
        for challenge in CHALLENGES:
            response.headers.append("WWW-Authenticate", challenge)
    return response

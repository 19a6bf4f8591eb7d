"""Refusals of interfaces for reports: JSON with a message, and the HTTP status that fits."""

from http import HTTPStatus

from starlette.responses import JSONResponse, Response

from gateway.authentication import CHALLENGE, RETRY_LATER
from resolvers.errors import Forbidden, NotFound, RequestError, TooSlow, Unauthenticated, Unavailable

_STATUSES: dict[type[RequestError], HTTPStatus] = {
    Unauthenticated: HTTPStatus.UNAUTHORIZED,
    Forbidden: HTTPStatus.FORBIDDEN,
    NotFound: HTTPStatus.NOT_FOUND,
    Unavailable: HTTPStatus.SERVICE_UNAVAILABLE,
    TooSlow: HTTPStatus.SERVICE_UNAVAILABLE,
}


def refusal(error: RequestError) -> Response:
    """The response to a request that failed."""
    status = next((status for kind, status in _STATUSES.items() if isinstance(error, kind)), HTTPStatus.BAD_REQUEST)
    headers = CHALLENGE if status is HTTPStatus.UNAUTHORIZED else None
    if isinstance(error, Unavailable):
        headers = RETRY_LATER
    return JSONResponse({"message": str(error)}, status, headers)

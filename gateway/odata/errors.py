"""Refusals in OData's format; those that every interface has are in `resolvers.errors`."""

from http import HTTPStatus

import orjson
from starlette.responses import Response

from gateway.attempts import TooManyAttempts
from gateway.bi.refusals import message_of, with_headers
from resolvers.errors import RequestError
from schema.input_errors import LONGEST_MESSAGE, shortened

VERSION = {"OData-Version": "4.0"}
"""The headers of every response."""

JSON = "application/json"

FAULT = "Internal error; see the gateway's log."


class Unsupported(RequestError):
    """OData has it, and this service does not."""

    code = "NOT_IMPLEMENTED"


class MethodRefused(RequestError):
    """The service is read-only."""

    code = "METHOD_NOT_ALLOWED"


class NotAcceptable(RequestError):
    """The service does not write the format that the client wants."""

    code = "NOT_ACCEPTABLE"


_STATUSES = {
    "UNAUTHENTICATED": HTTPStatus.UNAUTHORIZED,
    "FORBIDDEN": HTTPStatus.FORBIDDEN,
    "NOT_FOUND": HTTPStatus.NOT_FOUND,
    "METHOD_NOT_ALLOWED": HTTPStatus.METHOD_NOT_ALLOWED,
    "NOT_ACCEPTABLE": HTTPStatus.NOT_ACCEPTABLE,
    "NOT_IMPLEMENTED": HTTPStatus.NOT_IMPLEMENTED,
    "DEADLINE_EXCEEDED": HTTPStatus.SERVICE_UNAVAILABLE,
    "SERVICE_UNAVAILABLE": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""The HTTP status of each code; every other one is a bad request."""


def refusal(error: RequestError) -> Response:
    """The response to a request that cannot be answered."""
    status = _STATUSES.get(error.code, HTTPStatus.BAD_REQUEST)
    if isinstance(error, TooManyAttempts):
        status = HTTPStatus.TOO_MANY_REQUESTS
    response = _response(status, error.code, message_of(error))
    if isinstance(error, MethodRefused):
        response.headers["Allow"] = "GET, HEAD"
    return with_headers(response, error)


def fault() -> Response:
    """The response where the gateway is at fault."""
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", FAULT)


def _response(status: HTTPStatus, code: str, message: str) -> Response:
    body = {"error": {"code": code, "message": shortened(message, LONGEST_MESSAGE)}}
    return Response(orjson.dumps(body), status, VERSION, JSON)

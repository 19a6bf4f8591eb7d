"""Refusals in OData's format; those that every interface has are in `resolvers.errors`."""

from collections.abc import Mapping
from http import HTTPStatus

import orjson
from starlette.responses import Response

from gateway.bi.refusals import message_of, status_of, with_headers
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


_STATUSES: Mapping[type[RequestError], HTTPStatus] = {
    MethodRefused: HTTPStatus.METHOD_NOT_ALLOWED,
    NotAcceptable: HTTPStatus.NOT_ACCEPTABLE,
    Unsupported: HTTPStatus.NOT_IMPLEMENTED,
}
"""The HTTP status of what OData alone refuses."""


def refusal(error: RequestError) -> Response:
    """The response to a request that cannot be answered."""
    response = _response(_STATUSES.get(type(error)) or status_of(error), error.code, message_of(error))
    if isinstance(error, MethodRefused):
        response.headers["Allow"] = "GET, HEAD"
    return with_headers(response, error)


def fault() -> Response:
    """The response where the gateway is at fault."""
    return _response(HTTPStatus.INTERNAL_SERVER_ERROR, "INTERNAL_SERVER_ERROR", FAULT)


def _response(status: HTTPStatus, code: str, message: str) -> Response:
    body = {"error": {"code": code, "message": shortened(message, LONGEST_MESSAGE)}}
    return Response(orjson.dumps(body), status, VERSION, JSON)

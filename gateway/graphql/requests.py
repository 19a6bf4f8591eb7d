"""Parsing a GraphQL request from a query string, a body or a WebSocket message."""

import json
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, NoReturn

from starlette.requests import Request

from gateway.body import BodyRefused, read_body
from gateway.media_types import is_json, shown
from schema.input_errors import shortened

MAX_VALUES = 100_000
"""The commas and opening brackets in the JSON of a request; 1,000 transactions have some 20,000."""

_PARAMETERS = ("query", "variables", "operationName", "extensions", "documentId", "doc_id")


class BadRequest(Exception):
    """Not a valid GraphQL request. The text says why; `status` and `headers` are those of the HTTP response."""

    def __init__(
        self, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST, headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """A request for one operation. `document_id` names a document stored on the server, instead of `query`."""

    query: str | None
    variables: dict[str, Any] | None
    operation_name: str | None
    extensions: dict[str, Any] | None
    document_id: str | None


def asks(request: Request) -> bool:
    """Whether the URL of an HTTP request has a GraphQL parameter."""
    return any(name in request.query_params for name in _PARAMETERS)


async def read_request(request: Request, largest: int) -> GraphQLRequest:
    """The GraphQL request in an HTTP request, whose body has at most `largest` bytes. Raises BadRequest."""
    if request.method in ("GET", "HEAD"):
        return _from_query_string(request)
    if request.method != "POST":
        message = f"{request.method} is not allowed; send GraphQL by POST, or a query by GET."
        raise BadRequest(message, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "GET, HEAD, POST"})
    _require_json(request.headers.get("content-type"))
    try:
        body = await read_body(request, largest)
    except BodyRefused as error:
        raise BadRequest(str(error), error.status) from error
    if not body.strip():
        raise BadRequest('The body is empty; send JSON such as {"query": "{ __typename }"}.')
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadRequest(f"The body is not UTF-8: byte {error.start + 1} is 0x{body[error.start]:02X}.") from error
    return parse_parameters(decode_values(text, "The body"))


def parse_parameters(given: object) -> GraphQLRequest:
    """The GraphQL request in a JSON value. Raises BadRequest for a parameter of a wrong type, and for a batch."""
    if isinstance(given, list):
        raise BadRequest("Batching is not supported; send one operation per request.")
    if not isinstance(given, dict):
        raise BadRequest('A GraphQL request is a JSON object such as {"query": "{ __typename }"}.')
    return GraphQLRequest(
        query=_text(given, "query"),
        variables=_object(given, "variables"),
        operation_name=_text(given, "operationName"),
        extensions=_object(given, "extensions"),
        document_id=_text(given, "documentId") or _text(given, "doc_id"),
    )


def decode_values(text: str, what: str) -> Any:
    """The value of a JSON text from a client. Raises BadRequest for one of more than MAX_VALUES, and as decode_json."""
    values = text.count(",") + text.count("[") + text.count("{")
    if values > MAX_VALUES:
        told = f"{what} has {values:,} commas and opening brackets; the maximum is {MAX_VALUES:,}. Send fewer values."
        raise BadRequest(told, HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return decode_json(text, what)


def decode_json(text: str, what: str) -> Any:
    """The value of a JSON text. Raises BadRequest for invalid JSON, and for a repeated name in an object.

    Otherwise the decoder would choose between two amounts of one name.
    """
    try:
        return json.loads(text, object_pairs_hook=_once, parse_constant=_no_number, parse_float=_finite)
    except BadRequest as error:
        raise BadRequest(f"{what} {error}") from None
    except json.JSONDecodeError as error:
        raise BadRequest(f"{what} is not JSON: {error.msg} at line {error.lineno}, column {error.colno}.") from error
    except RecursionError:
        raise BadRequest(f"{what} is nested too deeply.") from None
    except ValueError:
        raise BadRequest(f"{what} has a number with too many digits; send it as a string.") from None


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        twice = next(name for name, times in Counter(name for name, _ in pairs).items() if times > 1)
        raise BadRequest(f"has the name {twice!r} twice in one object; send each name once.")
    return values


def _no_number(text: str) -> NoReturn:
    raise BadRequest(f"is not JSON: {text} is not a number.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise BadRequest(f"has a number that is too large: {shortened(text, 100)}; send it as a string.")
    return number


def _require_json(content_type: str | None) -> None:
    if not is_json(content_type):
        message = f"Content-Type is {shown(content_type)}; send application/json, in UTF-8."
        raise BadRequest(message, HTTPStatus.UNSUPPORTED_MEDIA_TYPE, {"Accept-Post": "application/json"})


def _from_query_string(request: Request) -> GraphQLRequest:
    given: dict[str, Any] = {}
    for name, value in request.query_params.multi_items():
        if name not in _PARAMETERS or not value:
            continue
        if name in given:
            raise BadRequest(f"The URL has the parameter {name!r} twice; send it once.")
        given[name] = decode_values(value, f"The parameter {name!r}") if name in ("variables", "extensions") else value
    return parse_parameters(given)


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    if value is None or isinstance(value, str):
        return value
    raise BadRequest(f"`{name}` must be a string or null.")


def _object(given: Mapping[str, Any], name: str) -> dict[str, Any] | None:
    value = given.get(name)
    if value is None or isinstance(value, dict):
        return value
    raise BadRequest(f"`{name}` must be an object or null.")

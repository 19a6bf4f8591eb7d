"""The body of a REST request."""

from http import HTTPStatus

from starlette.requests import Request

from gateway.body import BodyRefused, read_body
from gateway.media_types import is_json, shown
from gateway.rest.refusals import Category, Refused, reason

VALUES_MAX = 5_000
"""The commas and opening brackets of a body; 1,000 organisations with every transaction type have some 2,000."""


def has_body(request: Request) -> bool:
    """Whether a body follows the head of the request."""
    return request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers


def require_json(request: Request) -> None:
    """Raises Refused for a body that is not sent as JSON.

    A page of any web site can send a form or plain text without asking first, but never JSON.
    """
    content_type = request.headers.get("content-type")
    if not is_json(content_type):
        message = f"Content-Type is {shown(content_type)}; send application/json, in UTF-8."
        raise Refused(reason(Category.INVALID, message), status=HTTPStatus.UNSUPPORTED_MEDIA_TYPE)


async def read(request: Request) -> bytes:
    """The decompressed body. Raises Refused for one that is too large, or not compressed as its header says."""
    try:
        body = await read_body(request, request.app.state.max_body_bytes)
    except BodyRefused as error:
        category = Category.MALFORMED if error.status is HTTPStatus.BAD_REQUEST else Category.INVALID
        status = error.status if error.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus.OK
        raise Refused(reason(category, str(error)), status=status) from error
    values = sum(map(body.count, (b",", b"[", b"{")))
    if values > VALUES_MAX:
        message = (
            f"The body has {values:,} commas and opening brackets; the maximum is {VALUES_MAX:,}. Send fewer values."
        )
        raise Refused(reason(Category.INVALID, message), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    return body

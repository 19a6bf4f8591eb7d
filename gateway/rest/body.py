"""The body of a REST request."""

from http import HTTPStatus

from starlette.requests import Request

from gateway.body import BodyRefused, read_body
from gateway.rest.refusals import Category, Refused, reason


async def read(request: Request) -> bytes:
    """The decompressed body. Raises Refused for one that is too large, or not compressed as its header says."""
    try:
        return await read_body(request, request.app.state.max_body_bytes)
    except BodyRefused as error:
        category = Category.MALFORMED if error.status is HTTPStatus.BAD_REQUEST else Category.INVALID
        status = error.status if error.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus.OK
        raise Refused(reason(category, str(error)), status=status) from error

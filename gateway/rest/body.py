"""The body of a REST request, refused as the REST interface refuses."""

from http import HTTPStatus

from starlette.requests import Request

from gateway.body import BodyRefused, read_body
from gateway.rest.refusals import Category, Refused, because

LARGEST = 1024 * 1024
"""Bytes of a body, unpacked. The largest that makes sense here, notes of 2,000 characters, is far below."""


async def read(request: Request) -> bytes:
    """The body, unpacked. Raises Refused for one that is too large, or not packed as it says."""
    try:
        return await read_body(request, LARGEST)
    except BodyRefused as error:
        category = Category.MALFORMED if error.status is HTTPStatus.BAD_REQUEST else Category.INVALID
        status = error.status if error.status is HTTPStatus.REQUEST_ENTITY_TOO_LARGE else HTTPStatus.OK
        raise Refused(because(category, str(error)), status=status) from error

"""The body of a request, plain or gzipped, and never larger than the gateway can take."""

import zlib
from http import HTTPStatus

from starlette.requests import Request

from gateway.rest.refusals import Category, Refused, because

LARGEST = 1024 * 1024
"""Bytes of a body, unpacked. The largest that makes sense here, notes of 2,000 characters, is far below."""

_GZIP = 16 + zlib.MAX_WBITS


async def read(request: Request) -> bytes:
    """The body, unpacked. Raises Refused for one that is too large, or not packed as it says."""
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        message = f"Content-Encoding: {encoding!r} is not known; send the body plain, or packed with gzip."
        raise Refused(because(Category.INVALID, message))
    packed = b""
    async for chunk in request.stream():
        packed += chunk
        if len(packed) > LARGEST:
            raise _too_large()
    return _unpacked(packed) if encoding == "gzip" and packed else packed


def _unpacked(packed: bytes) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        body = unpacking.decompress(packed, LARGEST)
    except zlib.error as error:
        raise Refused(because(Category.MALFORMED, f"The body is not packed with gzip: {error}.")) from error
    if unpacking.unconsumed_tail:
        raise _too_large()
    if not unpacking.eof or unpacking.unused_data:
        raise Refused(because(Category.MALFORMED, "The gzipped body is cut off, or something follows it."))
    return body


def _too_large() -> Refused:
    message = f"The body is too large; at most {LARGEST:,} bytes are taken."
    return Refused(because(Category.INVALID, message), status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)

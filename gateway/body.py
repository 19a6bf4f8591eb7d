"""The body of a request, plain or gzipped, with a size limit."""

import zlib
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request

_GZIP = 16 + zlib.MAX_WBITS


class BodyRefused(Exception):
    """The body cannot be read. The text says why; `status` is the matching HTTP status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, largest: int) -> bytes:
    """The decompressed body, of at most `largest` bytes.

    Raises BodyRefused for one that is larger, has another or a wrong Content-Encoding, or is incomplete.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        message = f"Content-Encoding: {encoding!r} is not supported; send the body uncompressed, or use gzip."
        raise BodyRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    packed = bytearray()
    try:
        async for chunk in request.stream():
            packed += chunk
            if len(packed) > largest:
                raise _too_large(largest)
    except ClientDisconnect:
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "The connection was closed before the body was complete.") from None
    return _unpacked(bytes(packed), largest) if encoding == "gzip" and packed else bytes(packed)


def _unpacked(packed: bytes, largest: int) -> bytes:
    unpacking = zlib.decompressobj(_GZIP)
    try:
        body = unpacking.decompress(packed, largest)
    except zlib.error as error:
        raise BodyRefused(HTTPStatus.BAD_REQUEST, f"The body is not valid gzip: {error}.") from error
    if unpacking.unconsumed_tail:
        raise _too_large(largest)
    if not unpacking.eof or unpacking.unused_data:
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "The gzipped body is truncated, or data follows it.")
    return body


def _too_large(largest: int) -> BodyRefused:
    message = f"The body is too large; send at most {largest:,} bytes."
    return BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

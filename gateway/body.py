"""The body of a request, plain or gzipped, and never larger than the gateway takes."""

import zlib
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request

_GZIP = 16 + zlib.MAX_WBITS


class BodyRefused(Exception):
    """The body cannot be taken. Its text says why; `status` is the HTTP status that says so."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, largest: int) -> bytes:
    """The body, unpacked, of at most so many bytes.

    Raises BodyRefused for one that is larger, is packed in a way that is not known or not as it says, or is cut off.
    """
    encoding = request.headers.get("content-encoding", "identity").strip().lower()
    if encoding not in ("identity", "gzip"):
        message = f"Content-Encoding: {encoding!r} is not known; send the body plain, or packed with gzip."
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
        raise BodyRefused(HTTPStatus.BAD_REQUEST, f"The body is not packed with gzip: {error}.") from error
    if unpacking.unconsumed_tail:
        raise _too_large(largest)
    if not unpacking.eof or unpacking.unused_data:
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "The gzipped body is cut off, or something follows it.")
    return body


def _too_large(largest: int) -> BodyRefused:
    message = f"The body is too large; at most {largest:,} bytes are taken."
    return BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

"""The body of a request, plain or gzipped, with a size limit."""

import zlib
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_NAMES = ("gzip", "x-gzip")
_MOST_MEMBERS = 100


class BodyRefused(Exception):
    """The body cannot be read. The text says why; `status` is the matching HTTP status."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, largest: int) -> bytes:
    """The decompressed body, of at most `largest` bytes.

    Raises BodyRefused for one that is larger, has another or a wrong Content-Encoding, or is incomplete.
    """
    encoding = ",".join(request.headers.getlist("content-encoding"))
    codings = [coding for coding in encoding.lower().replace(" ", "").split(",") if coding not in ("", "identity")]
    if len(codings) > 1 or not set(codings) <= set(_GZIP_NAMES):
        message = f"Content-Encoding: {encoding!r} is not supported; send the body uncompressed, or gzipped once."
        raise BodyRefused(HTTPStatus.UNSUPPORTED_MEDIA_TYPE, message)
    packed = bytearray()
    try:
        async for chunk in request.stream():
            packed += chunk
            if len(packed) > largest:
                raise _too_large(largest)
    except ClientDisconnect:
        raise BodyRefused(HTTPStatus.BAD_REQUEST, "The connection was closed before the body was complete.") from None
    return _unpacked(bytes(packed), largest) if codings else bytes(packed)


def _unpacked(packed: bytes, largest: int) -> bytes:
    """The decompressed body, of one or several gzip members (RFC 1952)."""
    body = b""
    for _ in range(_MOST_MEMBERS):
        if not packed:
            return body
        member = zlib.decompressobj(_GZIP)
        try:
            body += member.decompress(packed, largest + 1 - len(body))
        except zlib.error as error:
            message = f"The body is not valid gzip, or other data follows it: {error}."
            raise BodyRefused(HTTPStatus.BAD_REQUEST, message) from error
        if len(body) > largest:
            raise _too_large(largest)
        if not member.eof:
            raise BodyRefused(HTTPStatus.BAD_REQUEST, "The gzipped body is truncated.")
        packed = member.unused_data
    raise BodyRefused(
        HTTPStatus.BAD_REQUEST, f"The gzipped body has {_MOST_MEMBERS} members or more; compress it as one."
    )


def _too_large(largest: int) -> BodyRefused:
    message = f"The body is too large; send at most {largest:,} bytes."
    return BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

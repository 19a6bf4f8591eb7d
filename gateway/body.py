"""The body of a request, plain or gzipped, and never larger than the gateway takes."""

import zlib
from http import HTTPStatus

from starlette.requests import ClientDisconnect, Request

_GZIP = 16 + zlib.MAX_WBITS
_GZIP_NAMES = ("gzip", "x-gzip")
_MOST_MEMBERS = 100


class BodyRefused(Exception):
    """The body cannot be taken. Its text says why; `status` is the HTTP status that says so."""

    def __init__(self, status: HTTPStatus, message: str) -> None:
        super().__init__(message)
        self.status = status


async def read_body(request: Request, largest: int) -> bytes:
    """The body, unpacked, of at most so many bytes.

    Raises BodyRefused for one that is larger, is packed in a way that is not known or not as it says, or is cut off.
    """
    encoding = ",".join(request.headers.getlist("content-encoding"))
    codings = [coding for coding in encoding.lower().replace(" ", "").split(",") if coding not in ("", "identity")]
    if len(codings) > 1 or not set(codings) <= set(_GZIP_NAMES):
        message = f"Content-Encoding: {encoding!r} is not known; send the body plain, or packed with gzip once."
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
    """The body. As RFC 1952 has it, several members, one behind the other, are one body."""
    body = b""
    for _ in range(_MOST_MEMBERS):
        if not packed:
            return body
        member = zlib.decompressobj(_GZIP)
        try:
            body += member.decompress(packed, largest + 1 - len(body))
        except zlib.error as error:
            message = f"The body is not packed with gzip, or something follows it: {error}."
            raise BodyRefused(HTTPStatus.BAD_REQUEST, message) from error
        if len(body) > largest:
            raise _too_large(largest)
        if not member.eof:
            raise BodyRefused(HTTPStatus.BAD_REQUEST, "The gzipped body is cut off.")
        packed = member.unused_data
    raise BodyRefused(HTTPStatus.BAD_REQUEST, f"The gzipped body has {_MOST_MEMBERS} members or more; pack it as one.")


def _too_large(largest: int) -> BodyRefused:
    message = f"The body is too large; at most {largest:,} bytes are taken."
    return BodyRefused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, message)

"""Streamed HTTP responses: server-sent events, and Apollo's multipart protocol for subscriptions."""

from collections.abc import Mapping
from typing import Protocol

from gateway.graphql.negotiation import Shape

UNBUFFERED = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
"""Headers that make caches and proxies forward every part at once."""

_BOUNDARY = b"graphql"

# Outside of texts JSON may have line ends, as white space. Some clients end a line at the others too, such as every
# Python client that uses str.splitlines; those stand in texts only.
_LINE_ENDS = {
    b"\r": b" ",
    b"\n": b" ",
    "\x85".encode(): b"\\u0085",
    "\u2028".encode(): b"\\u2028",
    "\u2029".encode(): b"\\u2029",
}


class Stream(Protocol):
    """How the results of an operation are written one after the other."""

    headers: Mapping[str, str]
    opening: bytes
    """What is sent before the first part."""
    complete: bytes
    """What is sent after the last part."""
    heartbeat: bytes
    """A part that keeps the connection alive."""
    heartbeat_seconds: float
    begins_with_heartbeat: bool

    def part(self, payload: bytes) -> bytes:
        """The part for one result, which is JSON."""


class EventStream:
    """Server-sent events in the distinct connections mode of the graphql-sse protocol.

    Lines end in LF, as some clients split only at LF LF. The last event has empty data: urql parses a single space as
    JSON.
    """

    headers: Mapping[str, str] = {"Content-Type": Shape.EVENTS.value, **UNBUFFERED}
    opening = b""
    complete = b"event: complete\ndata:\n\n"
    heartbeat = b": ping\n\n"
    heartbeat_seconds: float = 15
    begins_with_heartbeat = False

    def part(self, payload: bytes) -> bytes:
        """One event."""
        return b"event: next\ndata: %b\n\n" % in_one_line(payload)


def _multipart(body: bytes) -> bytes:
    head = b"\r\nContent-Type: application/json; charset=utf-8\r\nContent-Length: %d\r\n\r\n" % len(body)
    return b"%b%b\r\n--%b" % (head, body, _BOUNDARY)


class MultipartStream:
    """multipart/mixed;subscriptionSpec=1.0.

    Each part is followed by its boundary at once, because clients process a part only after its end.
    """

    headers: Mapping[str, str] = {
        "Content-Type": f'{Shape.MULTIPART.value};boundary="{_BOUNDARY.decode()}";subscriptionSpec=1.0',
        **UNBUFFERED,
    }
    opening = b"--" + _BOUNDARY
    complete = b"--\r\n"
    heartbeat = _multipart(b"{}")
    heartbeat_seconds: float = 5
    begins_with_heartbeat = True

    def part(self, payload: bytes) -> bytes:
        """One part, with the boundary behind it."""
        return _multipart(b'{"payload":%b}' % in_one_line(payload))


STREAMS: Mapping[Shape, Stream] = {Shape.EVENTS: EventStream(), Shape.MULTIPART: MultipartStream()}


def in_one_line(payload: bytes) -> bytes:
    """The same JSON, without a character at which a client may end a line."""
    for character, escape in _LINE_ENDS.items():
        if character in payload:
            payload = payload.replace(character, escape)
    return payload

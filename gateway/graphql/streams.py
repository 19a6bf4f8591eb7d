"""Answers as a stream, over HTTP: server-sent events, and Apollo's multipart protocol for subscriptions."""

from collections.abc import Mapping
from typing import ClassVar

from strawberry.http.streaming import MULTIPART_SUBSCRIPTION_BOUNDARY, MultipartSubscriptionTransport, SSETransport

from gateway.graphql.negotiation import Shape

UNBUFFERED = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
"""Tell caches and proxies to pass every part on at once."""


class EventStream(SSETransport):
    """Server-sent events in the distinct connections mode of the graphql-sse protocol."""

    opening = ""
    headers: ClassVar[Mapping[str, str]] = {"Content-Type": Shape.EVENTS.value, **UNBUFFERED}

    # Strawberry 0.341 ends lines with CR LF, as the standard allows; some clients split at LF LF alone.

    def encode_event(self, event: str, data: str | None = None) -> str:
        """One event, its lines ended by LF."""
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_complete(self) -> str:
        """The last event. Its data is empty: urql takes a single blank for JSON."""
        return "event: complete\ndata:\n\n"

    def encode_comment(self, comment: str) -> str:
        """One comment, which keeps the connection alive."""
        return super().encode_comment(comment).replace("\r\n", "\n")


class MultipartStream(MultipartSubscriptionTransport):
    """multipart/mixed;subscriptionSpec=1.0.

    A part is followed by its boundary at once, as clients take a part only when they have seen what ends it.
    """

    opening = f"--{MULTIPART_SUBSCRIPTION_BOUNDARY}"

    @property
    def headers(self) -> Mapping[str, str]:
        """Those of Strawberry 0.341 let caches and proxies hold parts back, and name two types in Content-Type."""
        return {
            "Content-Type": f'{Shape.MULTIPART.value};boundary="{self.separator}";subscriptionSpec=1.0',
            **UNBUFFERED,
        }

    def encode_complete(self) -> str:
        """What makes the latest boundary the last. Strawberry 0.341 sends another, and with it an empty part."""
        return "--\r\n"


TRANSPORTS: Mapping[Shape, EventStream | MultipartStream] = {
    Shape.EVENTS: EventStream(),
    Shape.MULTIPART: MultipartStream(),
}

"""Streamed HTTP responses: server-sent events, and Apollo's multipart protocol for subscriptions."""

from collections.abc import Mapping
from typing import ClassVar

from strawberry.http.streaming import MULTIPART_SUBSCRIPTION_BOUNDARY, MultipartSubscriptionTransport, SSETransport

from gateway.graphql.negotiation import Shape

UNBUFFERED = {"Cache-Control": "no-cache, no-transform", "X-Accel-Buffering": "no"}
"""Headers that make caches and proxies forward every part at once."""


class EventStream(SSETransport):
    """Server-sent events in the distinct connections mode of the graphql-sse protocol."""

    opening = ""
    headers: ClassVar[Mapping[str, str]] = {"Content-Type": Shape.EVENTS.value, **UNBUFFERED}

    # Strawberry 0.341 ends lines with CR LF, as the standard allows; some clients split only at LF LF.

    def encode_event(self, event: str, data: str | None = None) -> str:
        """One event, with lines ended by LF."""
        return super().encode_event(event, data).replace("\r\n", "\n")

    def encode_complete(self) -> str:
        """The last event. Its data is empty: urql parses a single space as JSON."""
        return "event: complete\ndata:\n\n"

    def encode_comment(self, comment: str) -> str:
        """One comment, which keeps the connection alive."""
        return super().encode_comment(comment).replace("\r\n", "\n")


class MultipartStream(MultipartSubscriptionTransport):
    """multipart/mixed;subscriptionSpec=1.0.

    Each part is followed by its boundary at once, because clients process a part only after its end.
    """

    opening = f"--{MULTIPART_SUBSCRIPTION_BOUNDARY}"

    @property
    def headers(self) -> Mapping[str, str]:
        """Strawberry 0.341's headers let caches and proxies buffer parts, and have two types in Content-Type."""
        return {
            "Content-Type": f'{Shape.MULTIPART.value};boundary="{self.separator}";subscriptionSpec=1.0',
            **UNBUFFERED,
        }

    def encode_complete(self) -> str:
        """Ends the latest boundary. Strawberry 0.341 sends another boundary, and thereby an empty part."""
        return "--\r\n"


TRANSPORTS: Mapping[Shape, EventStream | MultipartStream] = {
    Shape.EVENTS: EventStream(),
    Shape.MULTIPART: MultipartStream(),
}

"""The web origins whose pages may call the gateway from a browser: one list, for HTTP and WebSockets."""

from collections.abc import Iterable
from typing import Any

from starlette.datastructures import Headers
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Send
from strawberry.http.websocket_origin import normalize_allowed_origins, normalize_origin

from gateway.terminal import ALLOWED_ORIGINS
from storage.errors import OperatorError

OPTION = "--allow-origin"

METHODS = ("GET", "POST", "PUT", "DELETE")
EXPOSED = (
    "Zuora-Request-Id", "Zuora-Track-Id", "Retry-After", "WWW-Authenticate", "Link", "X-Next-Cursor", "X-As-Of",
    "ETag", "Accept-Ranges", "Content-Range", "Content-Disposition",
)  # fmt: skip


class OriginError(OperatorError, ValueError):
    """An invalid origin. The text says how to write one."""


class Origins:
    """The allowed origins; none by default."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Accepts origins such as https://app.example.com, or * for all. Raises OriginError for an invalid one."""
        wanted = [origin for text in allowed for origin in text.replace(",", " ").split()]
        for origin in wanted:
            if not _is_origin(origin):
                raise OriginError(
                    f"{origin!r} is not an origin; give the scheme, the host and, if needed, the port, such as"
                    " http://localhost:5173, or * for every origin"
                )
        self.allowed = normalize_allowed_origins(wanted)

    def allows(self, origin: str) -> bool:
        """Whether pages of the origin may call."""
        return "*" in self.allowed or normalize_origin(origin) in self.allowed

    def refusal(self, origin: str) -> str:
        """The message for a page of an origin that is not allowed."""
        shown = origin.encode("unicode_escape").decode()[:200]
        if not _is_origin(origin):
            # Browsers send null for files and for frames in a sandbox.
            return (
                f"The origin {shown!r} names no site, so it cannot be allowed by name; serve the page from a web"
                f" server, or start with {OPTION} '*' or set {ALLOWED_ORIGINS}, which allows every page there is."
            )
        return f"The origin {shown} is not allowed; to allow it, start with {OPTION} {shown}, or set {ALLOWED_ORIGINS}."


def _is_origin(text: str) -> bool:
    if "*" in text:
        return text == "*"
    try:
        normalize_allowed_origins([text])
    except ValueError:
        return False
    return True


class CrossOrigin(CORSMiddleware):
    """Answers browsers' preflight requests for calls to another origin.

    There are no cookies: a page of an allowed origin sends a token in the Authorization header, like any client.
    """

    def __init__(self, app: Any, origins: Origins) -> None:
        super().__init__(
            app,
            allow_origins=origins.allowed,
            allow_methods=METHODS,
            allow_headers=["*"],
            expose_headers=EXPOSED,
        )
        self._origins = origins

    async def send(self, message: Message, send: Send, request_headers: Headers) -> None:
        """Send a part of the response. To a request without an origin it says no more than that it depends on it."""
        if message["type"] == "http.response.start" and "origin" not in request_headers:
            vary = [value for name, value in message["headers"] if name == b"vary"]
            others = [header for header in message["headers"] if header[0] != b"vary"]
            message["headers"] = [*others, (b"vary", b", ".join([*vary, b"Origin"]))]
            await send(message)
        else:
            await super().send(message, send, request_headers)

    def is_allowed_origin(self, origin: str) -> bool:
        """Whether pages of the origin may read responses."""
        return self._origins.allows(origin)

    def preflight_response(self, request_headers: Headers) -> Response:
        """The response to a preflight request. A refusal names the setting that would allow it."""
        origin = request_headers["origin"]
        if not self._origins.allows(origin):
            return PlainTextResponse(self._origins.refusal(origin), 403, {"Vary": "Origin"})
        return super().preflight_response(request_headers)

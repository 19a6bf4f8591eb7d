"""What browsers may do with an answer: headers that every response has, and those of the page at /graphql."""

from collections.abc import Mapping

from starlette.types import ASGIApp, Message, Receive, Scope, Send

NOTHING = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
"""The content security policy of data: shown as a page, it may load and run nothing."""

PAGE = (
    "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self'; font-src 'self' data:;"
    " img-src 'self' data:; style-src 'self' 'unsafe-inline'; base-uri 'none'; form-action 'self';"
    " frame-ancestors 'none'"
)
"""The policy of the page, its scripts and their workers: all from this server. GraphiQL's editor writes styles."""

ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": NOTHING,
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

_STARTS = ("http.response.start", "websocket.http.response.start")


class BrowserPolicy:
    """Adds headers to every response that does not have them."""

    def __init__(self, app: ASGIApp, headers: Mapping[str, str] = ALWAYS) -> None:
        self._app = app
        self._headers = [(name.lower().encode(), value.encode()) for name, value in headers.items()]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the application."""

        async def with_headers(message: Message) -> None:
            if message["type"] in _STARTS:
                found = message["headers"]
                names = {name for name, _ in found}
                message["headers"] = [*found, *(one for one in self._headers if one[0] not in names)]
            await send(message)

        await self._app(scope, receive, with_headers if scope["type"] != "lifespan" else send)

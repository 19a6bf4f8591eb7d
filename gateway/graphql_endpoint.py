"""GraphQL over HTTP, graphql-transport-ws, server-sent events and multipart responses."""

from collections.abc import Mapping, Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import ASGIWebSocketAdapter, GraphQL
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import ConnectionInitMessage, SubscribeMessage

from gateway.authentication import ANONYMOUS, CHALLENGE, Authentication
from gateway.graphiql import Tab, page
from resolvers.access import Caller
from resolvers.context import Gateway
from resolvers.errors import Unauthenticated, Unavailable
from resolvers.loaders import Loaders
from schema.info import RequestContext
from schema.schema import SCHEMA

PROTOCOLS = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL)

FORBIDDEN = 4403
"""The code with which a WebSocket is closed whose client is not let in."""

TRY_AGAIN_LATER = 1013
"""The code with which a WebSocket is closed when it cannot be found out who its client is."""

_LONGEST_REASON = 123
_NOBODY = Caller("nobody", frozenset())


class WebSocketHandler(BaseGraphQLTransportWSHandler[RequestContext, None]):
    """Asks who is calling, and makes no fuss when a client goes away."""

    view: "GraphQLEndpoint"
    websocket: ASGIWebSocketAdapter
    _authorization: str | None = None

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Acknowledge the connection, or close it when its client is not let in.

        A browser cannot send the header with the upgrade request, so it may stand in the payload instead.
        """
        payload = message.get("payload")
        if not self.connection_init_received and isinstance(payload, dict | None):
            header = self.websocket.ws.headers.get("authorization")
            self._authorization = _authorization(payload or {}) if header is None else header
            if not await self._let_in():
                return
        await super().handle_connection_init(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, unless the token has expired or been revoked since the connection was made."""
        if not self.connection_acknowledged or await self._let_in():
            await super().handle_subscribe(message)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log the error, unless it is that the client has gone, which is no fault of the server."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def _let_in(self) -> bool:
        try:
            self.context = await self.view.context(self._authorization)
        except (Unauthenticated, Unavailable) as error:
            code = FORBIDDEN if isinstance(error, Unauthenticated) else TRY_AGAIN_LATER
            await self.websocket.close(code, str(error)[:_LONGEST_REASON])
            return False
        return True


class GraphQLEndpoint(GraphQL[RequestContext, None]):
    """The endpoint. A browser that opens it is shown GraphiQL, whoever sits before it."""

    graphql_transport_ws_handler_class = WebSocketHandler

    def __init__(self, gateway: Gateway, authentication: Authentication, tabs: Sequence[Tab]) -> None:
        super().__init__(SCHEMA, subscription_protocols=PROTOCOLS)
        self._gateway = gateway
        self._authentication = authentication
        self._page = page(tabs)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request: HTTP status 401 to a caller who is not let in, 503 when that cannot be found out."""
        try:
            await super().__call__(scope, receive, send)
        except (Unauthenticated, Unavailable) as error:
            body = {"errors": [{"message": str(error), "extensions": error.extensions}]}
            status, headers = (401, CHALLENGE) if isinstance(error, Unauthenticated) else (503, None)
            await JSONResponse(body, status, headers)(scope, receive, send)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> RequestContext:
        """The gateway and fresh look-ups for one request. Raises Unauthenticated for a caller who is not let in.

        Who calls by WebSocket is found out when the connection is initialised; until then they may do nothing.
        """
        if isinstance(request, WebSocket):
            return self._context(_NOBODY)
        if self.should_render_graphql_ide(self.request_adapter_class(request)):
            return self._context(ANONYMOUS)
        return await self.context(request.headers.get("authorization"))

    async def context(self, authorization: str | None) -> RequestContext:
        """The gateway and fresh look-ups for who sends this header. Raises Unauthenticated when they are not let in."""
        return self._context(await self._authentication.caller(authorization))

    async def render_graphql_ide(self, request: Request) -> Response:
        """GraphiQL, with its tabs."""
        return HTMLResponse(self._page)

    def _context(self, caller: Caller) -> RequestContext:
        return RequestContext(self._gateway, caller.actor, caller.permissions, loaders=Loaders(self._gateway))


def _authorization(payload: Mapping[str, object]) -> str | None:
    """What the payload says in place of the header; as in HTTP, its name may be written in any case."""
    for name, value in payload.items():
        if name.lower() == "authorization":
            return value if isinstance(value, str) else ""
    return None

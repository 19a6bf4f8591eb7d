"""GraphQL over HTTP, graphql-transport-ws, server-sent events and multipart responses."""

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions import (
    GRAPHQL_SSE_PROTOCOL,
    GRAPHQL_TRANSPORT_WS_PROTOCOL,
    MULTIPART_SUBSCRIPTION_PROTOCOL,
)
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler

from gateway.graphiql import Tab, page
from resolvers.context import Gateway
from resolvers.loaders import Loaders
from schema.info import RequestContext
from schema.schema import SCHEMA

PROTOCOLS = (GRAPHQL_TRANSPORT_WS_PROTOCOL, GRAPHQL_SSE_PROTOCOL, MULTIPART_SUBSCRIPTION_PROTOCOL)

ANONYMOUS = "anonymous"
"""The name in the audit trail while nobody has to say who they are."""


class WebSocketHandler(BaseGraphQLTransportWSHandler[RequestContext, None]):
    """A client that goes away while it is told something is no fault of the server, and not worth a traceback."""

    async def handle_task_exception(self, error: Exception) -> None:
        """Log the error, unless it is that the client has gone."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)


class GraphQLEndpoint(GraphQL[RequestContext, None]):
    """The endpoint. A browser that opens it is shown GraphiQL."""

    graphql_transport_ws_handler_class = WebSocketHandler

    def __init__(self, gateway: Gateway, tabs: Sequence[Tab]) -> None:
        super().__init__(SCHEMA, subscription_protocols=PROTOCOLS)
        self._gateway = gateway
        self._page = page(tabs)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> RequestContext:
        """The gateway and fresh look-ups, for one request or one WebSocket."""
        return RequestContext(gateway=self._gateway, actor=ANONYMOUS, loaders=Loaders(self._gateway))

    async def render_graphql_ide(self, request: Request) -> Response:
        """GraphiQL, with its tabs."""
        return HTMLResponse(self._page)

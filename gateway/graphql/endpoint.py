"""The endpoint at /graphql: GraphiQL for browsers, GraphQL for everyone."""

import logging
from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from http import HTTPStatus

from starlette.requests import HTTPConnection, Request
from starlette.responses import HTMLResponse, Response
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket
from strawberry.asgi import GraphQL
from strawberry.http.websocket_origin import is_same_origin
from strawberry.subscriptions import GRAPHQL_TRANSPORT_WS_PROTOCOL

from gateway.authentication import CHALLENGE, RETRY_LATER, Authentication, address_of
from gateway.graphiql import POLICY, Tab, page
from gateway.graphql.documents import Documents
from gateway.graphql.http import refusal, respond
from gateway.graphql.negotiation import accepted
from gateway.graphql.requests import BadRequest, asks, read_request
from gateway.graphql.subscription_limits import SubscriptionLimits
from gateway.graphql.websocket import WebSocketAdapter, WebSocketHandler
from gateway.origins import Origins
from resolvers.access import Caller
from resolvers.budgets import Budgets, CostLimits, network_of
from resolvers.context import Gateway
from resolvers.errors import Unauthenticated, Unavailable
from resolvers.loaders import Loaders
from schema.info import RequestContext
from schema.room import Room
from schema.schema import SCHEMA

logger = logging.getLogger(__name__)

_NOBODY = Caller("nobody", frozenset())


class GraphQLEndpoint(GraphQL[RequestContext, None]):
    """The endpoint. Strawberry serves its WebSockets; HTTP is handled here, by the specification."""

    websocket_adapter_class = WebSocketAdapter
    graphql_transport_ws_handler_class = WebSocketHandler

    def __init__(
        self,
        gateway: Gateway,
        authentication: Authentication,
        tabs: Sequence[Tab],
        documents: Documents,
        origins: Origins,
        subscriptions: SubscriptionLimits,
        costs: CostLimits,
        *,
        max_body_bytes: int,
        init_seconds: float,
    ) -> None:
        """`init_seconds` is how long a WebSocket may wait with its message connection_init."""
        super().__init__(
            SCHEMA,
            subscription_protocols=[GRAPHQL_TRANSPORT_WS_PROTOCOL],
            connection_init_wait_timeout=timedelta(seconds=init_seconds),
        )
        self.documents = documents
        self.subscriptions = subscriptions
        self._gateway = gateway
        self._authentication = authentication
        self._origins = origins
        self._max_body_bytes = max_body_bytes
        self._page = page(tabs)
        self._budgets = Budgets(costs)
        self._room = Room(costs.executor)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a WebSocket, or answer a request."""
        if scope["type"] == "http":
            response = await self._answer(Request(scope, receive))
            await response(scope, receive, send)
        elif self._admits(websocket := WebSocket(scope, receive, send)):
            await super().__call__(scope, receive, send)
        else:
            await self._refuse_origin(websocket)

    async def context(self, authorization: str | None, connection: HTTPConnection) -> RequestContext:
        """The gateway and new loaders for the caller who sends this header. Raises Unauthenticated."""
        return self._context(await self._authentication.caller(authorization, address_of(connection)), connection)

    async def get_context(self, request: Request | WebSocket, response: Response | WebSocket) -> RequestContext:
        """A WebSocket's caller is authenticated when the connection is initialised, and has no permissions before."""
        return self._context(_NOBODY, request)

    def is_websocket_origin_allowed(self, request: WebSocket, origin: str) -> bool:
        """Always True: other origins are refused before Strawberry, with a message that names the setting."""
        return True

    async def _answer(self, request: Request) -> Response:
        try:
            accept = accepted(tuple(request.headers.getlist("accept")))
            if request.method in ("GET", "HEAD") and not asks(request) and accept.allows_html():
                return HTMLResponse(self._page, headers={"Cache-Control": "no-cache", "Vary": "Accept", **POLICY})
            context = await self.context(request.headers.get("authorization"), request)
            asked = await read_request(request, self._max_body_bytes)
            return await respond(request, asked, accept, self.documents, self.subscriptions, context)
        except (Unauthenticated, Unavailable) as error:
            errors = [{"message": str(error), "extensions": error.extensions}]
            if isinstance(error, Unauthenticated):
                return refusal(errors, HTTPStatus.UNAUTHORIZED, CHALLENGE)
            return refusal(errors, HTTPStatus.SERVICE_UNAVAILABLE, RETRY_LATER)
        except BadRequest as error:
            errors = [{"message": str(error), "extensions": {"code": "BAD_REQUEST"}}]
            return refusal(errors, error.status, error.headers)

    def _admits(self, websocket: WebSocket) -> bool:
        # A client without an Origin header is not a browser, and sends only its own credentials.
        origin = websocket.headers.get("origin")
        return origin is None or is_same_origin(origin, websocket.headers.get("host")) or self._origins.allows(origin)

    async def _refuse_origin(self, websocket: WebSocket) -> None:
        message = self._origins.refusal(websocket.headers["origin"])
        logger.warning("%s", message)
        error = {"message": message, "extensions": {"code": "FORBIDDEN"}}
        await websocket.send_denial_response(refusal([error], HTTPStatus.FORBIDDEN))

    def _context(self, caller: Caller, connection: HTTPConnection) -> RequestContext:
        # Callers without a key are told apart by address: none of them uses up the budget of the others.
        anonymous = caller.credential is None
        name = network_of(address_of(connection)) if anonymous else caller.actor
        gateway = self._gateway.limited_to(caller.organizations)
        return RequestContext(
            gateway,
            caller.actor,
            caller.permissions,
            caller.name,
            loaders=Loaders(gateway),
            credential=caller.credential,
            budget=self._budgets.of(name),
            room=self._room,
            left=partial(_left, connection) if isinstance(connection, Request) else None,
        )


async def _left(request: Request) -> None:
    """Returns once the client has left; the body has been read."""
    while (await request.receive())["type"] != "http.disconnect":
        pass

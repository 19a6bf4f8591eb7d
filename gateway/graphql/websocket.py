"""graphql-transport-ws: authentication, and handling of invalid messages."""

from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing, suppress
from typing import TYPE_CHECKING, Any

from graphql import GraphQLError
from starlette.websockets import WebSocketDisconnect, WebSocketState
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.http.exceptions import NonTextMessageReceived, WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler, Operation
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    CompleteMessage,
    ConnectionInitMessage,
    ErrorMessage,
    Message,
    SubscribeMessage,
)
from strawberry.types.execution import ExecutionResult

from gateway.graphql.documents import DocumentRefused, find_document
from gateway.graphql.encoding import encoded
from gateway.graphql.payload import encoded_payload, is_refusal, is_short
from gateway.graphql.pieces import pieces
from gateway.graphql.requests import BadRequest, decode_values, parse_parameters
from gateway.graphql.subscriptions import Payloads, results
from resolvers.errors import Unauthenticated, Unavailable
from schema.info import RequestContext
from schema.preparation import RequestRefused
from schema.schema import SCHEMA

if TYPE_CHECKING:
    from gateway.graphql.endpoint import GraphQLEndpoint

BAD_MESSAGE = 4400
"""The close code after a message that violates the protocol."""

FORBIDDEN = 4403
"""The close code for a client that is not authenticated."""

TRY_AGAIN_LATER = 1013
"""The close code when the client cannot be authenticated at present."""

LONGEST_ID = 255
"""The characters of an operation's id, which is sent with each of its results."""

MOST_OPERATIONS = 100
"""Operations that one connection may have at a time."""

TOO_MANY_OPERATIONS = "TOO_MANY_OPERATIONS"

_LONGEST_REASON = 123


class WebSocketAdapter(ASGIWebSocketAdapter):
    """Reads messages, and shortens close reasons to fit a frame."""

    async def iter_json(self, *, ignore_parsing_errors: bool = False) -> AsyncGenerator[object, None]:
        """The messages' values. Raises BadRequest for invalid JSON, and NonTextMessageReceived."""
        try:
            while self.ws.application_state != WebSocketState.DISCONNECTED:
                yield decode_values(await self.ws.receive_text(), "The message")
        except KeyError as error:
            raise NonTextMessageReceived from error
        except WebSocketDisconnect:
            pass

    async def send_json(self, message: Mapping[str, object]) -> None:
        """Send a message. Raises WebSocketDisconnected once the connection is closed, from whichever side."""
        if self.ws.application_state == WebSocketState.DISCONNECTED:
            raise WebSocketDisconnected
        try:
            # As text: Strawberry 0.341 would send bytes in a binary frame, which clients do not expect.
            await self.ws.send_text(encoded(message).decode())
        except WebSocketDisconnect as disconnect:
            raise WebSocketDisconnected from disconnect

    async def send_results(self, operation: str, payloads: Payloads) -> None:
        """Send results of the operation with this id. Raises WebSocketDisconnected once the connection is closed."""
        head = b'{"id":%b,"type":"next","payload":' % encoded(operation)
        texts = [head + payload + b"}" for payload in payloads]
        try:
            for piece in pieces(texts):
                if self.ws.application_state == WebSocketState.DISCONNECTED:
                    raise WebSocketDisconnected
                await self.ws.send({"type": "websocket.send", "texts": piece})  # an event of our WebSocketProtocol
        except WebSocketDisconnect as disconnect:
            raise WebSocketDisconnected from disconnect

    async def close(self, code: int, reason: str) -> None:
        """Close the connection, unless it is closed. A reason is at most 123 bytes."""
        fitting = reason.encode(errors="replace")[:_LONGEST_REASON].decode(errors="ignore")
        if self.ws.application_state != WebSocketState.DISCONNECTED:
            with suppress(WebSocketDisconnect):
                await super().close(code, fitting)


class WebSocketHandler(BaseGraphQLTransportWSHandler[RequestContext, None]):
    """Authenticates clients, and handles their mistakes and disconnects without logging errors."""

    view: "GraphQLEndpoint"
    websocket: WebSocketAdapter
    _authorization: str | None = None
    _token_ended: str | None = None
    """Why the subscriptions were ended, once they were."""

    async def handle(self) -> None:
        """Serve the connection to its end. Invalid JSON closes it."""
        try:
            await super().handle()
        except BadRequest as error:
            await self.handle_invalid_message(str(error))

    async def handle_message(self, message: Message) -> None:
        """Handle one message. One that violates the protocol closes the connection, with the reason."""
        # Strawberry 0.341 fails on messages that are not objects, and on fields of the wrong type.
        if not isinstance(message, dict) or not isinstance(message.get("type"), str):
            await self.handle_invalid_message("A message is a JSON object with a type.")
        elif message["type"] in ("subscribe", "complete") and not _is_id(message.get("id")):
            told = f"A {message['type']} message needs an id, a string of 1 to {LONGEST_ID} characters."
            await self.handle_invalid_message(told)
        else:
            await super().handle_message(message)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Acknowledge the connection, or close it if its client is not authenticated.

        A browser cannot send the header with the upgrade request, so the payload may have it instead.
        """
        payload = message.get("payload")
        if not self.connection_init_received and isinstance(payload, dict | None):
            header = self.websocket.ws.headers.get("authorization")
            self._authorization = _authorization(payload or {}) if header is None else header
            if not await self._authenticate():
                return
        if payload is None:
            message.pop("payload", None)  # some clients send null for no payload
        await super().handle_connection_init(message)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Start an operation, unless the token has expired or been revoked since the connection was opened."""
        if self.connection_acknowledged:
            if not await self._authenticate():
                return
            try:
                asked = parse_parameters(message.get("payload"))
                query, register = find_document(self.view.documents, asked)
            except BadRequest as error:
                await self.handle_invalid_message(str(error))
                return
            except DocumentRefused as refused:
                await self._refuse(message, str(refused), refused.code)
                return
            if len(self.operations) >= MOST_OPERATIONS and message["id"] not in self.operations:
                told = f"This connection has {MOST_OPERATIONS} operations, the most there may be; complete one first."
                await self._refuse(message, told, TOO_MANY_OPERATIONS)
                return
            if register is not None and await _is_valid(query, asked.operation_name):
                register()
            message["payload"]["query"] = query
        await super().handle_subscribe(message)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log the error, unless the client disconnected, which is not a server error."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def _refuse(self, message: SubscribeMessage, told: str, code: str) -> None:
        formatted = GraphQLError(told, extensions={"code": code}).formatted
        await self.send_message(ErrorMessage(id=message["id"], type="error", payload=[formatted]))

    async def run_operation(self, operation: Operation[RequestContext, None]) -> None:
        """Send the results of an operation, to its end."""
        try:
            begun = False
            found = results(
                operation.query, operation.operation_name, operation.variables, self.context, self.view.subscriptions
            )
            async with aclosing(found) as each:
                async for result in each:
                    if not isinstance(result, ExecutionResult):
                        await self.websocket.send_results(operation.id, result)
                    elif is_refusal(result) and not begun and not _may_come_amid_others(result):
                        # Strawberry 0.341 closes the connection, and with it all other operations, on a syntax error.
                        await operation.send_initial_errors(result.errors or [])
                        return
                    else:
                        self._token_ended = _end_of_token(result) or self._token_ended
                        if is_short(result):
                            await operation.send_next(result)
                        else:
                            await self.websocket.send_results(operation.id, [await encoded_payload(result)])
                    begun = True
            await operation.send_operation_message(CompleteMessage(id=operation.id, type="complete"))
            if self._token_ended is not None and not self.operations:
                await self.websocket.close(FORBIDDEN, self._token_ended)
        except Exception as error:
            await self.handle_task_exception(error)
            with suppress(Exception):
                await operation.send_operation_message(CompleteMessage(id=operation.id, type="complete"))
            self.operations.pop(operation.id, None)
            raise

    async def _authenticate(self) -> bool:
        try:
            self.context = await self.view.context(self._authorization, self.websocket.ws)
        except (Unauthenticated, Unavailable) as error:
            code = FORBIDDEN if isinstance(error, Unauthenticated) else TRY_AGAIN_LATER
            await self.websocket.close(code, str(error))
            return False
        return True


def _may_come_amid_others(result: ExecutionResult) -> bool:
    # That the server stops, and that the token has ended, comes amid a subscription too; clients read it in one way.
    return any(isinstance(error.original_error, Unavailable | Unauthenticated) for error in result.errors or ())


def _end_of_token(result: ExecutionResult) -> str | None:
    ended = (error.message for error in result.errors or () if isinstance(error.original_error, Unauthenticated))
    return next(ended, None)


def _is_id(value: object) -> bool:
    return isinstance(value, str) and 1 <= len(value) <= LONGEST_ID


async def _is_valid(query: str, operation_name: str | None) -> bool:
    try:
        await SCHEMA.prepared(query, operation_name)
    except RequestRefused:
        return False
    return True


def _authorization(payload: Mapping[str, Any]) -> str | None:
    """The payload's equivalent of the header; as in HTTP, its name is case-insensitive."""
    for name, value in payload.items():
        if name.lower() == "authorization":
            return value if isinstance(value, str) else ""
    return None

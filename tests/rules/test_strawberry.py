"""Behaviour of Strawberry that we override. If a test fails, Strawberry has changed: remove test and override."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import AsyncMock, Mock

import pytest
import strawberry
from graphql import GraphQLSyntaxError, Source
from strawberry.asgi import ASGIWebSocketAdapter
from strawberry.extensions import ParserCache
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.types.execution import PreExecutionError


@strawberry.type
class Query:
    a: str = "a"
    b: str = "b"


def test_the_first_of_several_operations_is_executed_when_none_is_named() -> None:
    """Overridden by Schema._prepare_operation_async."""
    answer = asyncio.run(strawberry.Schema(Query).execute("query A { a } query B { b }", root_value=Query()))
    assert answer.data == {"a": "a"}


def test_a_syntax_error_that_an_extension_finds_breaks_a_stream_off() -> None:
    """Overridden by Schema._prepare_operation_async, which parses and validates without extensions."""

    async def stream() -> list[Any]:
        schema = strawberry.Schema(Query, extensions=[ParserCache])
        return [result async for result in await schema.stream("{")]

    with pytest.raises(GraphQLSyntaxError):
        asyncio.run(stream())


def test_messages_that_are_encoded_to_bytes_are_sent_in_binary_frames() -> None:
    """Overridden by gateway.graphql.websocket.WebSocketAdapter.send_json."""
    view, connection = Mock(), AsyncMock()
    view.encode_json.return_value = b"{}"
    asyncio.run(ASGIWebSocketAdapter(view, connection, connection).send_json({}))
    connection.send_bytes.assert_awaited_once_with(b"{}")


def test_a_syntax_error_closes_the_whole_websocket() -> None:
    """Overridden by gateway.graphql.websocket.WebSocketHandler.run_operation."""
    error = GraphQLSyntaxError(Source("{"), 1, "Expected Name")
    assert BaseGraphQLTransportWSHandler._get_pre_execution_close_reason(error) is not None


@pytest.mark.parametrize("message", [[], None, "ping"])
def test_a_message_that_is_not_an_object_breaks_the_websocket(message: Any) -> None:
    """Overridden by gateway.graphql.websocket.WebSocketHandler.handle_message."""
    handler: Any = BaseGraphQLTransportWSHandler(
        view=Mock(),
        websocket=Mock(),
        context=None,
        root_value=None,
        schema=Mock(),
        connection_init_wait_timeout=timedelta(1),
    )
    with pytest.raises(TypeError):
        asyncio.run(handler.handle_message(message))


def test_bad_values_of_variables_count_as_a_result() -> None:
    """Overridden by gateway.graphql.websocket.WebSocketHandler.run_operation."""

    async def first() -> Any:
        results = await strawberry.Schema(Query).stream("query($a: Boolean!) { a @include(if: $a) }")
        return await anext(aiter(results))

    assert not isinstance(asyncio.run(first()), PreExecutionError)

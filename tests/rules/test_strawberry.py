"""Behaviour of Strawberry that we override. If a test fails, Strawberry has changed: remove test and override."""

import asyncio
from datetime import timedelta
from typing import Any
from unittest.mock import Mock

import pytest
import strawberry
from graphql import GraphQLSyntaxError, Source
from strawberry.extensions import ParserCache
from strawberry.http.streaming import MultipartSubscriptionTransport, SSETransport
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


def test_lines_of_events_end_in_cr_lf() -> None:
    """Overridden by gateway.graphql.streams.EventStream."""
    assert SSETransport().encode_event("next", "{}") == "event: next\r\ndata: {}\r\n\r\n"
    assert SSETransport().encode_comment("ping").endswith("\r\n")


def test_multipart_streams_may_be_held_back_and_end_in_an_empty_part() -> None:
    """Overridden by gateway.graphql.streams.MultipartStream."""
    transport = MultipartSubscriptionTransport()
    assert set(transport.headers) == {"Content-Type"}
    assert transport.headers["Content-Type"].endswith(",application/json")
    assert transport.encode_next({}, str).endswith("--graphql")
    assert transport.encode_complete() == "\r\n--graphql--\r\n"


def test_a_syntax_error_closes_the_whole_websocket() -> None:
    """Overridden by gateway.graphql.websocket.WebSocketHandler._handle_pre_execution_error."""
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
    """Overridden by gateway.graphql.websocket.WebSocketHandler._send_result_stream."""

    async def first() -> Any:
        results = await strawberry.Schema(Query).stream("query($a: Boolean!) { a @include(if: $a) }")
        return await anext(aiter(results))

    assert not isinstance(asyncio.run(first()), PreExecutionError)

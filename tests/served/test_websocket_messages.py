"""graphql-transport-ws: an invalid message closes the connection with 4400, an invalid operation gets an error."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from uvicorn.protocols.utils import ClientDisconnected
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from gateway.graphql.websocket import MOST_OPERATIONS
from gateway.websocket_protocol import WebSocketProtocol
from tests.support.client import Client
from tests.support.costs import without_cost
from tests.support.http import REFUSED, RUNS, ledger_served
from tests.support.websocket import send, subscribe, talk

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway for all messages, which do not depend on the database."""
    with ledger_served(tmp_path_factory.mktemp("ledger")) as connected:
        yield connected


@pytest.fixture(scope="module")
def run(gateway: Client) -> str:
    """The number of a run to follow, which never changes."""
    number: str = gateway.completed()["number"]
    return number


MESSAGES: dict[str, object] = {
    "no JSON": "{",
    "nothing": "",
    "binary": b'{"type": "ping"}',
    "null": "null",
    "a list": '[{"type": "ping"}]',
    "a text": '"ping"',
    "a number": "1",
    "no type": {"id": "1"},
    "a type that is a number": {"type": 1},
    "an unknown type": {"type": "start", "id": "1"},
    "an integer of thousands of digits": '{"type": "ping", "payload": ' + "1" * 5_000 + "}",
    "lists a thousand deep": '{"type": "ping", "payload": ' + "[" * 1_000 + "]" * 1_000 + "}",
    "lists without end": "[" * 100_000,
    "not a number": '{"type": "ping", "payload": NaN}',
    "subscribing without id": {"type": "subscribe", "payload": {"query": RUNS}},
    "subscribing with a number as id": {"id": 1, "type": "subscribe", "payload": {"query": RUNS}},
    "subscribing with a long id": {"id": "1" * 256, "type": "subscribe", "payload": {"query": RUNS}},
    "more values than a message has": '{"type": "ping", "payload": [' + "[]," * 50_000 + "[]]}",
    "subscribing without payload": {"id": "1", "type": "subscribe"},
    "a payload that is a list": {"id": "1", "type": "subscribe", "payload": [RUNS]},
    "a document that is null": subscribe(query=None),
    "a document that is a number": subscribe(query=1),
    "variables that are a list": subscribe(query=RUNS, variables=[]),
    "a name that is an object": subscribe(query=RUNS, operationName={}),
    "extensions that are a text": subscribe(query=RUNS, extensions="x"),
    "completing without id": {"type": "complete"},
    "completing with a list as id": {"type": "complete", "id": ["1"]},
    "a payload of connection_init that is a text": {"type": "connection_init", "payload": "x"},
}


@pytest.mark.parametrize("what", MESSAGES)
def test_an_invalid_message_closes_the_connection_with_a_reason(gateway: Client, what: str) -> None:
    answers, code, reason = talk(gateway, MESSAGES[what])
    assert (answers, code) == ([], 4400)
    assert reason


@pytest.mark.parametrize("what", REFUSED)
def test_an_invalid_operation_gets_an_error_by_id_and_the_connection_stays_open(gateway: Client, what: str) -> None:
    document, code = REFUSED[what]
    answers, closed, _ = talk(gateway, subscribe(query=document), {**subscribe(query="{ __typename }"), "id": "2"})
    told = {answer["id"]: answer for answer in answers if answer["type"] != "complete"}
    assert closed is None
    assert told["1"]["type"] == "error"
    assert told["1"]["payload"][0]["extensions"]["code"] == code
    assert told["2"]["payload"] == {"data": {"__typename": "Query"}}
    assert [answer["id"] for answer in answers if answer["type"] == "complete"] == ["2"]


def test_the_named_one_of_several_operations_is_executed(gateway: Client) -> None:
    answers, _, _ = talk(gateway, subscribe(query=f"query A {RUNS} query B {{ __typename }}", operationName="B"))
    assert answers[0]["payload"] == {"data": {"__typename": "Query"}}


def test_null_counts_as_absent(gateway: Client) -> None:
    nothing = dict.fromkeys(("variables", "operationName", "extensions"))
    answers, code, _ = talk(
        gateway,
        {"type": "connection_init", "payload": None},
        {"id": "1", "type": "subscribe", "payload": {"query": "{ __typename }", **nothing}},
        initialised=False,
    )
    assert code is None
    assert [answer["type"] for answer in answers] == ["connection_ack", "next", "complete"]


@pytest.mark.parametrize(
    ("document", "field"),
    [
        ("subscription($run: String!) { journalRunUpdates(number: $run) { number } }", "number"),
        ("query($run: String!) { journalRun(number: $run) { number } }", "number"),
    ],
)
def test_an_invalid_value_is_reported_with_the_path_of_its_field(gateway: Client, document: str, field: str) -> None:
    answers, _, _ = talk(gateway, subscribe(query=document, variables={"run": None}))
    (answer,) = answers
    assert answer["type"] == "error"
    assert answer["payload"][0]["extensions"] == {"code": "BAD_USER_INPUT", "field": [field]}


@pytest.mark.parametrize(
    ("arguments", "code"),
    [('number: "JR-9"', "NOT_FOUND"), ('number: "JR-00000001", after: "x"', "BAD_USER_INPUT")],
)
@pytest.mark.usefixtures("run")
def test_a_subscription_to_what_is_not_there_is_an_error(gateway: Client, arguments: str, code: str) -> None:
    answers, closed, _ = talk(
        gateway, subscribe(query=f"subscription {{ entryCancelOutcomes({arguments}) {{ cursor }} }}")
    )
    (answer,) = answers
    assert (answer["type"], closed) == ("error", None)
    assert answer["payload"][0]["extensions"]["code"] == code


def test_what_fails_in_one_field_stands_beside_the_data(gateway: Client) -> None:
    answers, _, _ = talk(gateway, subscribe(query='{ node(id: "x") { id } __typename }'))
    assert [answer["type"] for answer in answers] == ["next", "complete"]
    assert answers[0]["payload"]["data"] == {"node": None, "__typename": "Query"}
    assert answers[0]["payload"]["errors"][0]["extensions"] == {"code": "BAD_USER_INPUT", "field": ["id"]}


def test_an_operation_beyond_the_limit_is_refused_alone(gateway: Client, run: str) -> None:
    document = f'subscription {{ journalRunUpdates(number: "{run}") {{ number }} }}'

    async def go() -> list[Any]:
        url = gateway.url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
            await send(connection, {"type": "connection_init"})
            for operation in range(MOST_OPERATIONS + 1):
                await send(connection, {**subscribe(query=document), "id": str(operation)})
            await connection.recv()
            told = [json.loads(await connection.recv()) for _ in range(MOST_OPERATIONS + 1)]
            await send(connection, {"type": "complete", "id": "0"})
            await send(connection, {**subscribe(query="{ __typename }"), "id": "again"})
            return [*told, json.loads(await connection.recv())]

    *told, again = asyncio.run(go())
    (refused,) = [answer for answer in told if answer["type"] == "error"]
    assert refused["id"] == str(MOST_OPERATIONS)
    assert refused["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
    assert without_cost(again["payload"]) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ([{"type": "connection_init"}, {"type": "connection_init"}], 4429),
        ([subscribe(query=RUNS)], 4401),
        ([{"type": "connection_init", "payload": {"Authorization": 5}}], 4403),
        ([{"type": "connection_init"}, {"type": "next", "id": "1", "payload": {}}], 4400),
    ],
    ids=["initialised twice", "not initialised", "no token", "a message of servers"],
)
def test_what_breaks_the_protocol_closes_the_connection(gateway: Client, sent: list[object], code: int) -> None:
    _, closed, reason = talk(gateway, *sent, initialised=False)
    assert closed == code
    assert reason


def test_an_id_that_is_in_use_closes_the_connection(gateway: Client, run: str) -> None:
    follow = subscribe(query=f'subscription {{ journalRunUpdates(number: "{run}") {{ number }} }}')
    _, closed, _ = talk(gateway, {**follow, "id": "\ud800" * 100}, {**follow, "id": "\ud800" * 100})
    assert closed == 4409


@pytest.mark.parametrize("protocols", [None, ["graphql-ws"], ["unknown"]])
def test_another_subprotocol_is_refused(gateway: Client, protocols: list[str] | None) -> None:
    named = None if protocols is None else [Subprotocol(name) for name in protocols]

    async def go() -> int | None:
        url = gateway.url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=named) as connection:
            await connection.wait_closed()
            return connection.close_code

    assert asyncio.run(go()) == 4406


@pytest.mark.parametrize("binary", [b"\xff", b'{"type": "ping", "payload": {"a": "\xc3\x28"}}'])
def test_a_text_that_is_not_utf_8_closes_the_connection(gateway: Client, binary: bytes) -> None:
    async def go() -> int | None:
        url = gateway.url.replace("http", "ws", 1) + "/graphql"
        async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
            await connection.send(binary, text=True)
            await connection.wait_closed()
            return connection.close_code

    assert asyncio.run(go()) == 1007


@pytest.mark.parametrize("last", [{"type": "ping"}, "{", {"type": "unknown"}, subscribe(query="{ __typename }")])
def test_a_client_that_goes_amid_its_operations_leaves_no_traceback(gateway: Client, last: object) -> None:
    async def go() -> None:
        url = gateway.url.replace("http", "ws", 1) + "/graphql"
        for _ in range(5):
            async with connect(url, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:
                await send(connection, {"type": "connection_init"})
                for operation in range(20):
                    await send(connection, {**subscribe(query=RUNS), "id": str(operation)})
                await send(connection, last)
                connection.transport.abort()

    asyncio.run(go())
    assert gateway.query("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize(
    "late",
    [{"type": "websocket.send", "text": "late"}, {"type": "websocket.send", "texts": [b"late", b"later"]}],
    ids=["one message", "several"],
)
def test_what_is_sent_to_a_client_that_no_longer_answers_is_no_fault(
    gateway: Client, monkeypatch: pytest.MonkeyPatch, late: Any
) -> None:
    made: list[WebSocketProtocol] = []
    accept = WebSocketProtocol.connection_made

    def keep(self: WebSocketProtocol, transport: asyncio.BaseTransport) -> None:
        made.append(self)
        accept(self, transport)

    monkeypatch.setattr(WebSocketProtocol, "connection_made", keep)

    async def go() -> None:
        async with connect(
            gateway.url.replace("http", "ws", 1) + "/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]
        ):
            (protocol,) = made

            async def give_up_and_send() -> None:
                protocol.keepalive_timeout()
                await protocol.send(late)

            given_up = asyncio.run_coroutine_threadsafe(give_up_and_send(), protocol.loop)
            with pytest.raises(ClientDisconnected):
                await asyncio.wrap_future(given_up)

    asyncio.run(go())

"""Clients that take too long, and too many of them. The limits are short here."""

import json
import resource
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from itertools import count, repeat
from pathlib import Path

import httpx
import pytest

from gateway.application import Application
from gateway.connection_limits import KEPT_DESCRIPTORS, ConnectionLimits, Unsent, connections_max
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client
from tests.support.command import run_here
from tests.support.raw import HANDSHAKE, PATIENCE_SECONDS, connected, dripped, last_words, received
from tests.support.served import served

SHORT = ConnectionLimits(
    connections=50,
    head_seconds=0.6,
    body_seconds=0.6,
    body_bytes_per_second=1_000,
    idle_seconds=0.6,
    unread_seconds=1.0,
    init_seconds=0.6,
)
POST = b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
QUERY = b'{"query": "{ __typename }"}'
ANSWERED = b'"budgetFullInSeconds":'
"""Near the end of its answer."""
HEALTH = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"

pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway with short limits."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('ledger')}/ledger.db")
    migrate(database)
    with served(Application(database, limits=SHORT), database) as client:
        yield client
    database.close()


def test_a_client_that_sends_nothing_is_left(gateway: Client) -> None:
    with connected(gateway) as connection:
        assert last_words(connection) == b""


@pytest.mark.parametrize("drop", [b"", b"X: 1\r\n"], ids=["stopped", "dripped"])
def test_a_head_that_does_not_end_is_refused(gateway: Client, drop: bytes) -> None:
    with connected(gateway) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n")
        answer = dripped(connection, drop) if drop else last_words(connection)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"The request line and headers did not arrive within 0.6 seconds.")


def test_the_second_head_has_its_own_time(gateway: Client) -> None:
    with connected(gateway) as connection:
        connection.sendall(HEALTH)
        received(connection, b'{"status":"ok"}')
        assert b"408 Request Timeout" in dripped(connection, b"GET /healthz HTTP/1.1\r\nX: 1\r\nX: ")


@pytest.mark.parametrize("drop", [b"", b" "], ids=["stopped", "dripped"])
@pytest.mark.parametrize("path", [b"/graphql", b"/v1/journal-runs", b"/oauth/token"])
def test_a_body_that_does_not_end_is_refused(gateway: Client, path: bytes, drop: bytes) -> None:
    media = b"application/x-www-form-urlencoded" if path == b"/oauth/token" else b"application/json"
    with connected(gateway) as connection:
        connection.sendall(POST.replace(b"/graphql", path).replace(b"application/json", media) % 1_000 + b"{")
        answer = dripped(connection, drop) if drop else last_words(connection)
    assert answer.startswith(b"HTTP/1.1 408 Request Timeout\r\n")
    assert answer.endswith(b"The body did not arrive within 0.6 seconds, and one more for each 1,000 bytes.")


def test_a_long_body_that_comes_fast_enough_is_read(gateway: Client) -> None:
    with connected(gateway) as connection:
        connection.sendall(POST % (len(QUERY) + 10_000))
        for _ in range(10):
            connection.sendall(b" " * 1_000)
            time.sleep(0.15)
        connection.sendall(QUERY)
        assert b"200 OK" in received(connection, ANSWERED)


@pytest.mark.parametrize("late", [b"", b"{", b"\r\n"], ids=["nothing", "a body that no one reads", "empty lines"])
def test_a_connection_that_asks_nothing_more_is_closed(gateway: Client, late: bytes) -> None:
    asked = HEALTH if late != b"{" else HEALTH.replace(b"\r\n\r\n", b"\r\nContent-Length: 1000\r\n\r\n")
    with connected(gateway) as connection:
        connection.sendall(asked)
        answer = dripped(connection, late) if late else last_words(connection)
    assert answer.count(b"HTTP/1.1") == 1


def test_a_body_after_its_answer_does_not_keep_the_connection(gateway: Client) -> None:
    with connected(gateway) as connection:
        connection.sendall(HEALTH.replace(b"\r\n\r\n", b"\r\nContent-Length: 2\r\n\r\n"))
        received(connection, b'{"status":"ok"}')
        connection.sendall(b"{}")
        assert last_words(connection) == b""


def test_a_connection_is_kept_while_its_client_goes_on_asking(gateway: Client) -> None:
    with connected(gateway) as connection:
        for _ in range(12):
            connection.sendall(POST % len(QUERY) + QUERY)
            assert b"200 OK" in received(connection, ANSWERED)
            time.sleep(0.1)


@pytest.mark.parametrize("path", ["/graphiql/schema.graphql", "/openapi.json"])
def test_a_client_that_does_not_read_is_left(gateway: Client, path: str) -> None:
    asked = f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
    with connected(gateway, receives=4_096) as connection:
        # More than the kernel's buffers take.
        connection.sendall(asked * 400)
        send_until_closed(connection, repeat(asked), 0.1)


def test_a_client_that_reads_slowly_is_not(gateway: Client) -> None:
    asked = b"GET /graphiql/schema.graphql HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    size = len(httpx.get(f"{gateway.url}/graphiql/schema.graphql").content)
    with connected(gateway, receives=4_096) as connection:
        connection.sendall(asked)
        size_received = 0
        while more := connection.recv(4_096):
            size_received += len(more)
            time.sleep(0.05)
    assert size_received > size


def test_a_websocket_that_does_not_begin_is_closed(gateway: Client) -> None:
    with connected(gateway) as connection:
        connection.sendall(HANDSHAKE)
        assert last_words(connection).endswith(b"\x11\x38Connection initialisation timeout")  # 4408


def test_a_websocket_client_that_reads_nothing_more_is_left(gateway: Client) -> None:
    def message(text: dict[str, object]) -> bytes:
        content = json.dumps(text).encode()
        return b"\x81\xfe%b\x00\x00\x00\x00%b" % (len(content).to_bytes(2, "big"), content)

    introspection = "{ __schema { types { description fields { description args { description } } } } }"
    with connected(gateway, receives=4_096) as connection:
        connection.sendall(HANDSHAKE)
        assert b"101 Switching Protocols" in received(connection, b"\r\n\r\n")
        connection.sendall(message({"type": "connection_init", "payload": {"x": "y" * 200}}))
        received(connection, b"connection_ack")
        query = {"query": f"{introspection} # {'x' * 200}"}
        asked = (message({"id": f"{number}", "type": "subscribe", "payload": query}) for number in count())
        send_until_closed(connection, asked, 0.02)


def test_new_connections_beyond_the_limit_are_refused_with_a_body(
    gateway: Client, caplog: pytest.LogCaptureFixture
) -> None:
    with ExitStack() as held:
        for _ in range(SHORT.connections):
            held.enter_context(connected(gateway))
        for one in [held.enter_context(connected(gateway)) for _ in range(3)]:
            one.sendall(HEALTH)
            answer = last_words(one)
            assert answer.startswith(b"HTTP/1.1 503 Service Unavailable\r\n")
            assert b"\r\nretry-after: 5\r\n" in answer
            assert answer.endswith(b"The gateway has 50 connections, the most there may be; try again later.")
    told = {record.getMessage() for record in caplog.records}
    caplog.clear()
    assert told == {"there are 50 connections, the most there may be: more are refused"}


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit")
def test_the_limit_of_connections_leaves_descriptors_for_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    def limit(descriptors: int) -> int:
        monkeypatch.setattr(resource, "getrlimit", lambda _: (descriptors, descriptors))
        return connections_max()

    assert [limit(n) for n in (64, 256, 512, 1024, 1_048_576, resource.RLIM_INFINITY)] == [
        32,
        128,
        512 - KEPT_DESCRIPTORS,
        1024 - KEPT_DESCRIPTORS,
        10_000,
        10_000,
    ]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_more_connections_than_descriptors_are_refused_at_the_start(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resource, "getrlimit", lambda _: (512, 512))
    refused = run_here(tmp_path, "serve", "--port", "0", "--database", database_url, "--max-connections", "400")
    assert refused.returncode == 1
    assert refused.stderr == (
        "error: there cannot be 400 connections, as the limit of file descriptors leaves 312; raise it with"
        " `ulimit -n 600`, or start with --max-connections 312\n"
    )
    assert not list(tmp_path.iterdir())


def test_a_client_takes_something_when_less_waits_for_it() -> None:
    unsent = Unsent(0)
    assert [unsent.seconds(size, now) for now, size in enumerate([0, 5, 7, 7, 6, 9, 0])] == [0, 1, 2, 3, 0, 1, 0]
    assert unsent.seconds(3, 10) == 4
    unsent.progressed(11)
    assert unsent.seconds(3, 12) == 1


def send_until_closed(connection: socket.socket, data: Iterator[bytes], every: float) -> None:
    """Send without reading anything, until the server closes the connection."""
    ends = time.monotonic() + PATIENCE_SECONDS
    try:
        while time.monotonic() < ends:
            connection.sendall(next(data))
            time.sleep(every)
    except (ConnectionResetError, BrokenPipeError):
        return
    raise AssertionError("the server did not close the connection")

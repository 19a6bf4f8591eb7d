"""HTTP/1.1 byte by byte: what the server refuses before any request is handled, and offers that it ignores."""

import json
import re
import socket
from collections.abc import Iterator

import pytest

from gateway.http_protocol import LARGEST_HEAD
from tests.support.client import Client
from tests.support.http import ledger_served

QUERY = b'{"query": "{ __typename }"}'
DATA = {"__typename": "Query"}
H2C = b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n"
"""What Java's HttpClient sends with a request."""


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway for all requests."""
    with ledger_served(tmp_path_factory.mktemp("ledger")) as connected:
        yield connected


def connected(gateway: Client) -> socket.socket:
    """A new connection."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    connection = socket.create_connection((host, int(port)), timeout=30)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def post(headers: bytes = b"", body: bytes = QUERY, *, chunked: bool = False) -> bytes:
    """A request with this body."""
    length = b"Transfer-Encoding: chunked\r\n" if chunked else b"Content-Length: %d\r\n" % len(body)
    sent = b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body) if chunked else body
    return b"POST /graphql HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n%b%b\r\n%b" % (
        length,
        headers,
        sent,
    )


def answers(connection: socket.socket, count: int) -> list[tuple[int, bytes]]:
    """Status and body of so many answers; fewer if the server closes the connection."""
    received = b""
    found: list[tuple[int, bytes]] = []
    while len(found) < count:
        whole = re.match(rb"HTTP/1.1 (\d+) .*?content-length: (\d+).*?\r\n\r\n", received, re.DOTALL | re.IGNORECASE)
        if whole and len(received) >= whole.end() + int(whole[2]):
            end = whole.end() + int(whole[2])
            found.append((int(whole[1]), received[whole.end() : end]))
            received = received[end:]
            continue
        try:
            more = connection.recv(65_536)
        except ConnectionResetError:
            break
        if not more:
            break
        received += more
    return found


@pytest.mark.parametrize("chunked", [False, True], ids=["by length", "chunked"])
@pytest.mark.parametrize("pieces", [1, 7, 100_000], ids=["byte by byte", "in pieces", "at once"])
def test_an_offer_to_upgrade_is_ignored_and_the_body_is_read(gateway: Client, pieces: int, chunked: bool) -> None:
    sent = post(H2C, chunked=chunked) + post() + post(H2C, chunked=chunked) * 2
    with connected(gateway) as connection:
        for start in range(0, len(sent), pieces):
            connection.sendall(sent[start : start + pieces])
        found = [(status, json.loads(body)["data"]) for status, body in answers(connection, 4)]
        assert found == [(200, DATA)] * 4


@pytest.mark.parametrize(
    "head",
    [
        b"GET /healthz HTTP/1.1\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nHost: y\r\n",
        b"GET /healthz\r\n",
        b"GET /healthz HTTP/2.0\r\nHost: x\r\n",
        b"CONNECT x:80 HTTP/1.1\r\nHost: x\r\n",
        b"FOO /healthz HTTP/1.1\r\nHost: x\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nContent-Length: 3\r\n",
        b"POST /graphql HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\nContent-Length: 4\r\n",
        b"GET /healthz HTTP/1.1\r\nHost: x\r\nBad header: 1\r\n",
    ],
)
def test_what_http_forbids_is_refused(gateway: Client, head: bytes) -> None:
    with connected(gateway) as connection:
        connection.sendall(head + b"\r\n")
        assert answers(connection, 2) == [(400, b"Invalid HTTP request received.")]


@pytest.mark.parametrize("endless", [b"a", b"a\r\nX: "], ids=["one header", "many headers"])
def test_a_head_without_end_is_refused(gateway: Client, endless: bytes) -> None:
    with connected(gateway) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: ")
        sent = 0
        try:
            while sent < 4 * LARGEST_HEAD:
                sent += connection.send(endless * 1_000)
        except (BrokenPipeError, ConnectionResetError):
            pass
        else:
            # The refusal may be lost when the client goes on sending, but never is there another answer.
            assert answers(connection, 1) in ([], [(400, b"The request line and headers are too large.")])
            return
    assert sent >= LARGEST_HEAD


def test_a_large_head_a_larger_body_and_many_requests_at_once_are_read(gateway: Client) -> None:
    large = post(b"X: " + b"a" * (LARGEST_HEAD - 1_000) + b"\r\n")
    long = post(body=QUERY + b" " * 4 * LARGEST_HEAD)
    requests = [large, long, *[post()] * 2_000]
    with connected(gateway) as connection:
        for sent in requests:
            connection.sendall(sent)
        assert [status for status, _ in answers(connection, len(requests))] == [200] * len(requests)

"""A connection byte by byte, and how the server ends it."""

import socket
import time

from tests.support.client import Client

PATIENCE_SECONDS = 20

HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


def connected(gateway: Client, *, receives: int | None = None) -> socket.socket:
    """A new connection; `receives` is the size in bytes of what it takes without reading."""
    host, _, port = gateway.url.removeprefix("http://").partition(":")
    connection = socket.socket()
    if receives is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    connection.settimeout(PATIENCE_SECONDS)
    connection.connect((host, int(port)))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def received(connection: socket.socket, end: bytes) -> bytes:
    """What the server sends until this has come; it may come in several parts."""
    found = b""
    while end not in found:
        more = connection.recv(65_536)
        assert more, (end, found)
        found += more
    return found


def last_words(connection: socket.socket) -> bytes:
    """What the server sends until it closes the connection."""
    received = b""
    try:
        while more := connection.recv(65_536):
            received += more
    except ConnectionResetError:
        pass
    return received


def dripped(connection: socket.socket, drop: bytes, every: float = 0.05) -> bytes:
    """What the server sends until it closes the connection, while a client sends the drop again and again."""
    ends = time.monotonic() + PATIENCE_SECONDS
    received = b""
    connection.settimeout(every)
    while time.monotonic() < ends:
        try:
            connection.sendall(drop)
            if not (more := connection.recv(65_536)):
                return received
            received += more
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            return received
    raise AssertionError("the server did not close the connection")

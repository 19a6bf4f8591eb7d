"""A small HTTP/1.1 client on plain sockets: connections are kept, and each has one request under way."""

import gc
import selectors
import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field

RECEIVED_MAX = 1024 * 1024
HEALTH_EVERY_SECONDS = 0.02


@dataclass(slots=True)
class Load:
    """The delays of the requests of one measurement, in seconds, and how long it took in all."""

    seconds: float = 0.0
    delays: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)


class Connection:
    """One kept connection."""

    def __init__(self, port: int) -> None:
        self._port = port
        self.socket = self._open()
        self._request = b""
        self._received = bytearray()
        self._body_starts = 0
        self._length: int | None = None
        self.sent_at = 0.0

    def send(self, request: bytes) -> None:
        """Send a request; the previous one must be answered."""
        self.sent_at = time.perf_counter()
        self._request = request
        self._send()

    def resend(self) -> None:
        """Send the request on a new connection, after the server has closed this one without an answer.

        A server that was busy for longer than it keeps idle connections closes them before it reads what has arrived.
        """
        self.socket.close()
        self.socket = self._open()
        self._send()

    def receive(self) -> bool:
        """Take what has arrived. Whether the response is complete. Raises ConnectionError if the server has closed."""
        part = self.socket.recv(RECEIVED_MAX)
        if not part:
            raise ConnectionResetError("the server closed the connection")
        self._received += part
        if not self._body_starts:
            end = self._received.find(b"\r\n\r\n")
            if end < 0:
                return False
            self._body_starts = end + 4
            self._length = _content_length(bytes(self._received[:end]))
        if self._length is None:
            return self._received.endswith(b"\r\n0\r\n\r\n")
        return len(self._received) >= self._body_starts + self._length

    def response(self) -> tuple[int, bytes]:
        """The status and the body of the complete response."""
        body = bytes(self._received[self._body_starts :])
        return int(self._received[9:12]), body if self._length is not None else _joined(body)

    def close(self) -> None:
        """Close it."""
        self.socket.close()

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self._port))
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def _send(self) -> None:
        self._received.clear()
        self._body_starts = 0
        self._length = None
        with suppress(ConnectionError):  # then `receive` raises it
            self.socket.sendall(self._request)


def get(port: int, path: str) -> tuple[int, bytes]:
    """The status and body of one GET."""
    return ask(port, get_request(path))


def ask(port: int, request: bytes) -> tuple[int, bytes]:
    """The status and body of one request on a connection of its own."""
    connection = Connection(port)
    try:
        connection.send(request)
        while not connection.receive():
            pass
        return connection.response()
    finally:
        connection.close()


def get_request(path: str) -> bytes:
    """The bytes of a GET."""
    return f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n\r\n".encode()


def post_request(path: str, body: bytes) -> bytes:
    """The bytes of a POST of JSON."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load(port: int, request: bytes, clients: int, seconds: float, *, health: bool) -> Load:
    """Keep `clients` connections busy with the request for that long; with `health`, ask /healthz meanwhile."""
    found = Load()
    connections = [Connection(port) for _ in range(clients)]
    checker = Connection(port) if health else None
    gc.collect()
    gc.disable()
    try:
        with selectors.DefaultSelector() as selector:
            for connection in [*connections, *([checker] if checker else [])]:
                selector.register(connection.socket, selectors.EVENT_READ, connection)
            _run(selector, connections, checker, request, seconds, found)
    finally:
        gc.enable()
        for connection in [*connections, *([checker] if checker else [])]:
            connection.close()
    return found


def _run(
    selector: selectors.BaseSelector,
    connections: Sequence[Connection],
    checker: Connection | None,
    request: bytes,
    seconds: float,
    found: Load,
) -> None:
    check = get_request("/healthz")
    started = time.perf_counter()
    deadline = started + seconds
    for connection in connections:
        connection.send(request)
    open_requests = len(connections)
    checking = False
    next_check = started + HEALTH_EVERY_SECONDS
    while open_requests or checking:
        now = time.perf_counter()
        if checker is not None and not checking and now >= next_check:
            checker.send(check)
            checking = True
        pause = None if checker is None or checking else max(0.0, next_check - now)
        for key, _ in selector.select(pause):
            connection = key.data
            try:
                complete = connection.receive()
            except ConnectionError:
                selector.unregister(connection.socket)
                connection.resend()
                selector.register(connection.socket, selectors.EVENT_READ, connection)
                continue
            if not complete:
                continue
            now = time.perf_counter()
            if connection is checker:
                found.health.append(now - connection.sent_at)
                checking = False
                next_check = now + HEALTH_EVERY_SECONDS
                continue
            found.delays.append(now - connection.sent_at)
            if now < deadline:
                connection.send(request)
            else:
                open_requests -= 1
    found.seconds = time.perf_counter() - started


def _content_length(head: bytes) -> int | None:
    for line in head.split(b"\r\n")[1:]:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value)
    return None


def _joined(body: bytes) -> bytes:
    joined = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        length = int(size, 16)
        joined += body[:length]
        body = body[length + 2 :] if length else b""
    return joined

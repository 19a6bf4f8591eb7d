"""The servers of the feed's benchmark, as processes: the gateway, and a bare Starlette WebSocket."""

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from gateway.server import listen


def cpu_seconds(process_id: int) -> float:
    """The processor time that the process has used so far."""
    # The clock of another process, as clock_getcpuclockid(3) makes its id; /proc counts in hundredths of a second.
    return time.clock_gettime((~process_id << 3) | 2)


@dataclass(frozen=True, slots=True)
class ServerProcess:
    """A server that listens on a port of 127.0.0.1."""

    process_id: int
    port: int

    def cpu_seconds(self) -> float:
        """The processor time that the process has used so far."""
        return cpu_seconds(self.process_id)


@contextmanager
def gateway(database_url: str) -> Iterator[ServerProcess]:
    """The gateway on this database."""
    command = [
        str(Path(sys.executable).with_name("journal-gateway")),
        "serve",
        "--port",
        "0",
        "--database",
        database_url,
    ]
    with _started(command, r"http://127\.0\.0\.1:(\d+)/") as server:
        yield server


@contextmanager
def bare(messages: Path) -> Iterator[ServerProcess]:
    """A Starlette application that sends the messages in this file, one a line, to each who subscribes."""
    with _started([sys.executable, "-m", "bench.feed_servers", str(messages)], r"port (\d+)") as server:
        yield server


@contextmanager
def _started(command: list[str], told: str) -> Iterator[ServerProcess]:
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            found = re.search(told, process.stdout.readline())
            assert found is not None
            yield ServerProcess(process.pid, int(found[1]))
        finally:
            process.terminate()


def _serve_bare(messages: Path) -> None:
    texts = messages.read_text().splitlines()

    async def send(websocket: WebSocket) -> None:
        await websocket.accept("graphql-transport-ws")
        await websocket.receive_text()
        await websocket.send_text(json.dumps({"type": "connection_ack"}))
        await websocket.receive_text()
        for text in texts:
            await websocket.send_text(text)
        await websocket.receive()

    listener = listen("127.0.0.1", 0)
    print(f"port {listener.getsockname()[1]}", flush=True)
    app = Starlette(routes=[WebSocketRoute("/graphql", send)])
    uvicorn.Server(uvicorn.Config(app, log_level="warning", ws="websockets-sansio")).run(sockets=[listener])


if __name__ == "__main__":
    _serve_bare(Path(sys.argv[1]))

"""How long a server keeps others waiting: its health check, asked on a new connection every 20 ms."""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

EVERY_SECONDS = 0.02
PATIENCE_SECONDS = 60
LONGEST_SECONDS = 0.25
"""The longest that a health check may take while others ask for the worst."""


@dataclass(slots=True)
class Probes:
    """The health checks so far: their number, those without an answer, and the seconds that the slowest took."""

    asked: int = 0
    failed: int = 0
    longest: float = 0.0


@contextmanager
def probed(url: str) -> Iterator[Probes]:
    """Ask the server for its health while the caller does something else; complete once the block has ended.

    The server must be another process than the test: otherwise the test's own work would delay it.
    """
    probes, done = Probes(), threading.Event()
    address = urlsplit(url).netloc

    def probe() -> None:
        while not done.is_set():
            begun = time.monotonic()
            if not _is_healthy(address):
                probes.failed += 1
            probes.longest = max(probes.longest, time.monotonic() - begun)
            probes.asked += 1
            done.wait(EVERY_SECONDS)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    try:
        yield probes
        time.sleep(EVERY_SECONDS)  # so that what the last act has left behind is seen too
    finally:
        done.set()
        thread.join(PATIENCE_SECONDS)


def _is_healthy(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

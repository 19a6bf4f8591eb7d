"""How long a server keeps others waiting: its health check, asked on a new connection every 20 ms."""

import http.client
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

EVERY_SECONDS = 0.02
PATIENCE_SECONDS = 60
LONGEST_SECONDS = 0.25
"""The longest that a health check may take while others ask for the worst."""

ATTEMPTS = 3
"""What else a machine does comes but once."""

OVERLOADED_SECONDS = 2
"""The delay that no machine excuses."""

OVERLOADED = 2.5
"""The threads that want each processor, from which delays say little."""


@dataclass(slots=True)
class Probes:
    """The health checks so far: their number, those without an answer, and the seconds that the slowest took."""

    asked: int = 0
    failed: int = 0
    longest: float = 0.0
    running: int = 0
    """The sum, over the health checks, of the threads of this machine that wanted a processor."""

    @property
    def is_overloaded(self) -> bool:
        """Whether others kept the machine too busy to tell what the server delays."""
        return self.running > OVERLOADED * self.asked * (os.cpu_count() or 1)


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
            probes.running += _running()
            done.wait(EVERY_SECONDS)

    thread = threading.Thread(target=probe, daemon=True)
    thread.start()
    try:
        yield probes
        time.sleep(EVERY_SECONDS)  # so that what the last act has left behind is seen too
    finally:
        done.set()
        thread.join(PATIENCE_SECONDS)


def unnoticed(url: str, act: Callable[[], Any]) -> Any:
    """What the act returns. Nobody may have to wait for it; a delay by something else does not come each time."""
    delays, overloaded = [], False
    for _ in range(ATTEMPTS):
        with probed(url) as probes:
            returned = act()
        assert probes.failed == 0
        delays.append(probes.longest)
        overloaded |= probes.is_overloaded
        if probes.longest < LONGEST_SECONDS:
            return returned
    if overloaded and max(delays) < OVERLOADED_SECONDS:
        pytest.skip("others keep this machine too busy to tell what the request delays")
    raise AssertionError(delays)


def _running() -> int:
    """The threads that are running or could; 0 where the system does not tell."""
    try:
        return int(Path("/proc/loadavg").read_text().split()[3].split("/")[0])
    except OSError:
        return 0


def _is_healthy(address: str) -> bool:
    connection = http.client.HTTPConnection(address, timeout=PATIENCE_SECONDS)
    try:
        connection.request("GET", "/healthz")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()

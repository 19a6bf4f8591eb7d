"""More idle connections than the process has file descriptors: the gateway goes on answering, and says little."""

import resource
import signal
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from math import inf
from pathlib import Path

import pytest

from gateway.connection_limits import KEPT_DESCRIPTORS
from gateway.http_protocol import IDLE_SECONDS_BEFORE_CLOSING
from storage.database import Database
from tests.support.client import Client
from tests.support.probing import LONGEST_SECONDS
from tests.support.processes import serving
from tests.support.raw import connected

DESCRIPTORS = 512
CONNECTIONS = 700
ATTEMPTS = 3
"""A busy machine has perhaps accepted the last of the connections a moment ago."""

pytestmark = [
    pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such limit"),
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


@contextmanager
def descriptors(soft: int) -> Iterator[None]:
    """Inside, processes that are started may have so many file descriptors."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


def healthy(gateway: Client) -> float:
    """The seconds that a health check takes; endless if it is refused."""
    began = time.monotonic()
    with connected(gateway) as connection:
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        answered = connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
        return time.monotonic() - began if answered else inf


def slowest(gateway: Client) -> float:
    """The seconds that the slowest of some health checks takes, once the connections have been idle."""
    time.sleep(IDLE_SECONDS_BEFORE_CLOSING + 0.2)
    return max(healthy(gateway) for _ in range(10))


def test_idle_connections_beyond_the_descriptors_keep_nobody_out(database: Database, tmp_path: Path) -> None:
    with ExitStack() as held:
        with descriptors(DESCRIPTORS):
            process, url = held.enter_context(serving(tmp_path, database))
        client = held.enter_context(Client(url, database))
        others = [held.enter_context(connected(client)) for _ in range(CONNECTIONS)]
        assert min(slowest(client) for _ in range(ATTEMPTS)) < LONGEST_SECONDS
        assert client.query("{ journalRuns { totalCount } }") == {"journalRuns": {"totalCount": 0}}
        for one in others:
            one.close()
        process.send_signal(signal.SIGTERM)
        _, complaints = process.communicate(timeout=30)
    told = f"there are {DESCRIPTORS - KEPT_DESCRIPTORS} connections, the most there may be: more are refused\n"
    assert complaints in ("", told)

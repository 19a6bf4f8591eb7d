"""Starting `journal-gateway serve`: time to the first answer, and memory."""

import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench.feed_servers import ServerProcess
from bench.installed import install
from bench.machine import speed
from bench.reads.client import get
from bench.results import keep
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client
from tests.support.command import COMMAND

ROUNDS, QUICK_ROUNDS = 5, 1
IDLE_SECONDS = 3.0

HEADING = "Start-up: to the first answer of `serve`, and memory"


@dataclass(frozen=True, slots=True)
class Started:
    """Seconds to the first answer, MB of memory when idle and after a query, and the processor's share when idle."""

    wall: float
    cpu: float
    idle_mb: float
    used_mb: float
    idle_cpu: float


def benchmark(*, quick: bool) -> None:
    """Print the table, and keep it unless it was a quick run."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/ledger.db")
        migrate(database)
        command = COMMAND if quick else install(Path(folder) / "environment")
        _once(command, database)  # compiles what is not yet
        lines = [*_table([_once(command, database) for _ in range(QUICK_ROUNDS if quick else ROUNDS)]), "", speed()]
        database.close()
    print("\n".join(lines), flush=True)
    if not quick:
        keep(HEADING, lines)


def _once(command: Path, database: Database) -> Started:
    started = time.perf_counter()
    serve: list[str | Path] = [command, "serve", "--port", "0", "--database", str(database)]
    with subprocess.Popen(serve, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            port = re.search(r"127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert port is not None
            server = ServerProcess(process.pid, int(port[1]))
            while get(server.port, "/healthz")[0] != 200:
                time.sleep(0.01)
            wall, cpu = time.perf_counter() - started, server.cpu_seconds()
            time.sleep(1)
            before, idle_mb = server.cpu_seconds(), _resident_mb(process.pid)
            time.sleep(IDLE_SECONDS)
            idle_cpu = (server.cpu_seconds() - before) / IDLE_SECONDS
            with Client(f"http://127.0.0.1:{server.port}", database) as client:
                client.query("{ journalRuns { nodes { number status } } }")
            return Started(wall, cpu, idle_mb, _resident_mb(process.pid), idle_cpu)
        finally:
            process.terminate()


def _resident_mb(process: int) -> float:
    found = re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    assert found is not None
    return int(found[1]) / 1024


def _table(rounds: list[Started]) -> Iterator[str]:
    yield "Written by `python -m bench startup`."
    yield ""
    yield (
        "The command is installed as users install it, without what its tests need. A ledger of the present version on"
        f" SQLite; the median of {len(rounds)} starts."
    )
    yield ""
    yield "| first answer, s | processor time until then, s | memory idle, MB | after a query, MB | processor, idle |"
    yield "|---|---|---|---|---|"
    wall, cpu, idle, used, share = (
        median(getattr(one, name) for one in rounds) for name in ("wall", "cpu", "idle_mb", "used_mb", "idle_cpu")
    )
    yield f"| {wall:.2f} | {cpu:.2f} | {idle:.0f} | {used:.0f} | {share:.1%} |"

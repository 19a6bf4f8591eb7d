"""Outcomes of a cancellation to one and to many WebSocket subscribers, next to a bare WebSocket with the same bytes."""

import asyncio
import os
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from bench.feed_servers import ServerProcess, bare, gateway
from bench.feed_subscribers import follow, messages
from bench.results import keep
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client
from tests.support.ledger import fill, line, post

ENTRIES, REPEATS = 2_000, 5
QUICK_ENTRIES, QUICK_REPEATS = 200, 1
SUBSCRIBERS = (1, 100)

HEADING = "Feed: outcomes of a cancellation to WebSocket subscribers"

DOCUMENT = """subscription($run: String!) { entryCancelOutcomes(number: $run) {
  sequence outcome code message cancelledCount failedCount remainingCount
  journalEntry { number status currency totalDebit }
} }"""


@dataclass(frozen=True, slots=True)
class Rate:
    """Events per second: of wall time, and of the server's processor time."""

    wall: float
    cpu: float


@dataclass(frozen=True, slots=True)
class Measured:
    """The best of several rounds. `live` is while the gateway cancels the entries, otherwise afterwards."""

    live: bool
    subscribers: int
    gateway: Rate
    bare: Rate

    @property
    def ratio(self) -> Rate:
        """The gateway's events per second for one of the bare WebSocket."""
        return Rate(self.gateway.wall / self.bare.wall, self.gateway.cpu / self.bare.cpu)


def benchmark(*, quick: bool) -> None:
    """Print the table, and keep it unless it was a quick run."""
    entries, repeats = (QUICK_ENTRIES, QUICK_REPEATS) if quick else (ENTRIES, REPEATS)
    with tempfile.TemporaryDirectory() as folder:
        lines = _table(measure(f"sqlite:///{folder}/ledger.db", entries, repeats), entries, repeats)
    print("\n".join(lines), flush=True)
    if not quick:
        keep(HEADING, lines)


def measure(database_url: str, entries: int, repeats: int) -> list[Measured]:
    """Measure on a new ledger in this database, the gateway and the bare WebSocket in turn."""
    database = Database(database_url)
    migrate(database)
    fill(database)
    post(database, [line(str(n), segment_country=f"{n:05}") for n in range(entries)])
    with (
        tempfile.TemporaryDirectory() as folder,
        gateway(database_url) as server,
        Client(f"http://127.0.0.1:{server.port}", database) as client,
    ):
        client.wait_until_ready()
        number = _cancelled(client)
        recorded = messages(asyncio.run(follow(server.port, DOCUMENT, number, 1))[0])
        assert len(recorded) == entries + 1
        file = Path(folder) / "messages"
        file.write_text("\n".join(recorded))
        with bare(file) as baseline:
            found = [
                _measured(client, server, baseline, number, subscribers, repeats, live=live)
                for live in (False, True)
                for subscribers in SUBSCRIBERS
            ]
    database.close()
    return found


def _measured(
    client: Client,
    server: ServerProcess,
    baseline: ServerProcess,
    number: str,
    subscribers: int,
    repeats: int,
    *,
    live: bool,
) -> Measured:
    of_gateway, of_bare = [], []
    for _ in range(repeats):
        of_bare.append(_round(baseline, number, subscribers))
        if live:
            run = client.completed()["number"]

            async def cancel(run: str = run) -> None:
                await asyncio.sleep(0.5)
                await asyncio.to_thread(client.cancel, run)

            of_gateway.append(_round(server, run, subscribers, cancel))
            client.wait(run, "CANCELLED")
        else:
            of_gateway.append(_round(server, number, subscribers))
    return Measured(live, subscribers, _best(of_gateway), _best(of_bare))


def _round(
    server: ServerProcess, number: str, subscribers: int, begin: Callable[[], Awaitable[object]] | None = None
) -> Rate:
    used, started = server.cpu_seconds(), time.perf_counter()
    received = asyncio.run(follow(server.port, DOCUMENT, number, subscribers, begin))
    took, used = time.perf_counter() - started, server.cpu_seconds() - used
    (told,) = {tuple(messages(one)) for one in set(received)}  # all subscribers received the same
    events = len(told) - 1
    return Rate(events * subscribers / (took - (0.5 if begin else 0)), events * subscribers / max(used, 0.001))


def _best(rates: list[Rate]) -> Rate:
    return Rate(max(rate.wall for rate in rates), max(rate.cpu for rate in rates))


def _cancelled(client: Client) -> str:
    number: str = client.completed()["number"]
    client.cancel(number)
    client.wait(number, "CANCELLED")
    return number


def _table(measured: Iterable[Measured], entries: int, repeats: int) -> list[str]:
    return [
        "Written by `python -m bench feed`. `python -m bench feed --quick` shows that everything runs.",
        "",
        f"{entries:,} outcomes on SQLite to each subscriber, after the run has been cancelled and while it is. A bare"
        " Starlette WebSocket, served by uvicorn as it comes, sends the same bytes message by message. The servers take"
        f" turns; the best of {repeats} rounds counts, connecting and subscribing included. Client and servers share"
        f" {os.cpu_count()} cores.",
        "",
        "A share is the gateway's events a second for one of the bare WebSocket; more is better.",
        "",
        "| when | subscribers | share by wall time | share by processor time | CPU us per event | the same, bare |",
        "|---|---|---|---|---|---|",
        *map(_row, measured),
        "",
        "While a run is cancelled, one subscriber gets events as fast as entries are cancelled, and the processor time"
        " is that of the cancellation too.",
    ]


def _row(one: Measured) -> str:
    when = "while the run is cancelled" if one.live else "afterwards"
    shares = f"{one.ratio.wall:.2f} | {one.ratio.cpu:.2f}"
    return f"| {when} | {one.subscribers} | {shares} | {1e6 / one.gateway.cpu:.2f} | {1e6 / one.bare.cpu:.2f} |"

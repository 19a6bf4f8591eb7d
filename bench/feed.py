"""Outcomes of a cancellation to one and to many WebSocket subscribers, next to a bare WebSocket with the same bytes."""

import asyncio
import tempfile
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from bench.feed_servers import ServerProcess, bare, gateway
from bench.feed_subscribers import follow, messages
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client
from tests.support.ledger import fill, line, post

ENTRIES = 2_000
SUBSCRIBERS = (1, 100)
REPEATS = 3

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


def measure(database_url: str, entries: int = ENTRIES, repeats: int = REPEATS) -> list[Measured]:
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


def main() -> None:
    """Print the rates, with those of the bare WebSocket and the ratio."""
    with tempfile.TemporaryDirectory() as folder:
        for found in measure(f"sqlite:///{folder}/ledger.db"):
            for what in ("gateway", "bare", "ratio"):
                rate: Rate = getattr(found, what)
                when = "live" if found.live else "afterwards"
                print(f"{when:10} {found.subscribers:4} {what:8} wall {rate.wall:12,.2f} cpu {rate.cpu:12,.2f}")


if __name__ == "__main__":
    main()

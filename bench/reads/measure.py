"""Timing the servers by turns, so that noise of the machine hits all of them alike."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.reads.client import load
from bench.reads.competitors import Competitor
from bench.reads.documents import Document
from bench.reads.process import Running, children, cpu_seconds

SLOW_SECONDS = 2.0
SLOW_ROUNDS = 2
"""The rounds of a server that takes longer than that to answer one request of each client."""


@dataclass(frozen=True, slots=True)
class Plan:
    """How long to measure."""

    rounds: int
    seconds: float
    clients: Sequence[int]


@dataclass(slots=True)
class Measured:
    """One server with one document and a number of clients: a value of each round, or the delays of all."""

    rates: list[float] = field(default_factory=list)
    delays: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    server_seconds: float = 0.0
    database_seconds: float = 0.0


Results = dict[tuple[str, int, str], Measured]
"""By document, clients and server."""


def measure(
    servers: Sequence[tuple[Competitor, Running]],
    documents: Sequence[Document],
    plan: Plan,
    database_pid: int | None,
    told: Callable[[str], None],
) -> Results:
    """Each document with each number of clients on every server, round by round."""
    results: Results = {}
    for document in documents:
        for clients in plan.clients:
            told(f"{document.name}, {clients} {'client' if clients == 1 else 'clients'}")
            slow = {one.name for one, running in servers if _is_slow(one.request(document), running, clients)}
            for number in range(plan.rounds):
                shift = number % len(servers)
                for competitor, running in [*servers[shift:], *servers[:shift]]:
                    if competitor.name in slow and number >= SLOW_ROUNDS:
                        continue
                    found = results.setdefault((document.name, clients, competitor.name), Measured())
                    _once(found, competitor.request(document), running, clients, plan.seconds, database_pid)
    return results


def _is_slow(request: bytes, running: Running, clients: int) -> bool:
    """Warm the server up. Whether it would take too long to answer one request of every client."""
    load(running.port, request, 1, 0.0, health=False)
    if load(running.port, request, 1, 0.0, health=False).seconds * clients > SLOW_SECONDS:
        return True
    load(running.port, request, clients, 0.0, health=False)
    return False


def _once(
    found: Measured, request: bytes, running: Running, clients: int, seconds: float, database_pid: int | None
) -> None:
    server, database = cpu_seconds(running.pid), _used(database_pid)
    one = load(running.port, request, clients, seconds, health=clients > 1)
    found.server_seconds += cpu_seconds(running.pid) - server
    found.database_seconds += sum(now - database.get(pid, 0.0) for pid, now in _used(database_pid).items())
    found.rates.append(len(one.delays) / one.seconds)
    found.delays += one.delays
    found.health += one.health


def _used(database_pid: int | None) -> dict[int, float]:
    """The processor time of each process of the database: one for every connection."""
    return {} if database_pid is None else {pid: cpu_seconds(pid) for pid in children(database_pid)}

"""Runs: what it costs to create, cancel and delete one, and to create one over many transactions."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from sqlalchemy import event, text
from sqlmodel import Session

from bench.duckdb_sums import Parquet
from bench.feed_servers import cpu_seconds
from bench.machine import speed
from bench.results import keep
from bench.run_ledger import Size, fill_by_sql
from gateway.loading import keep_loaded
from runs.cancel import cancel_batch, start_cancellation
from runs.create import begin, insert_run, make_entries
from runs.create_rules import check
from runs.delete import delete_batch, start_deletion
from storage.database import Database
from storage.journal_runs import JournalRun, lock_run
from tests.support.direct_runs import DECEMBER
from tests.support.postgresql import PostgreSQL

SMALL = Size(transactions=35_000, countries=5_000, codes=2, days=2)
LARGE = [Size(transactions, countries=1_600, codes=1, days=28) for transactions in (1_000_000, 10_000_000)]
QUICK_SMALL, QUICK_LARGE = Size(700, 100, 2, 2), [Size(10_000, 160, 1, 28)]
ROUNDS, QUICK_ROUNDS = 5, 1

HEADING = "Runs: creating, cancelling and deleting them"


@dataclass(frozen=True, slots=True)
class Cost:
    """Processor time, in seconds, of this process and of PostgreSQL's, and the number of statements."""

    client: float
    server: float
    statements: int

    @property
    def total(self) -> float:
        """The processor time of both."""
        return self.client + self.server


Round = dict[str, Cost]
"""The costs of one run, by what was done."""


def benchmark(*, quick: bool) -> None:
    """Print the tables, and keep them unless it was a quick run."""
    keep_loaded()  # as the server does
    small, large, rounds = (QUICK_SMALL, QUICK_LARGE, QUICK_ROUNDS) if quick else (SMALL, LARGE, ROUNDS)
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = stack.enter_context(PostgreSQL())

        def database(name: str, size: Size) -> Database:
            url = f"sqlite:///{folder}/{size.transactions}.db" if name == "SQLite" else server.create_database()
            made = stack.enter_context(_closing(Database(url)))
            fill_by_sql(made, size)
            return made

        lines = [*_introduction(small, rounds), *_of_entries(small, rounds, database)]
        lines += ["", *_of_transactions(large, rounds, database, folder), "", speed()]
    print("\n".join(lines), flush=True)
    if not quick:
        keep(HEADING, lines)


def _of_entries(size: Size, rounds: int, database: Callable[[str, Size], Database]) -> Iterator[str]:
    meters = {name: _Meter(database(name, size)) for name in ("SQLite", "PostgreSQL")}
    found: dict[str, list[Round]] = {name: [] for name in meters}
    for _ in range(rounds):
        for name, meter in meters.items():
            found[name].append(_round(meter, size))
    yield "| database | | CPU s | of it in PostgreSQL | entries a CPU-second | without PostgreSQL's | statements |"
    yield "|---|---|---|---|---|---|---|"
    for name, costs in found.items():
        for what in costs[0]:
            of = [cost[what] for cost in costs]
            total, client = median(cost.total for cost in of), median(cost.client for cost in of)
            spread = f"{min(cost.total for cost in of):.2f} to {max(cost.total for cost in of):.2f}"
            yield (
                f"| {name} | {what} | {total:.2f} ({spread}) | {median(cost.server for cost in of):.2f}"
                f" | {size.countries / total:,.0f} | {size.countries / client:,.0f} | {of[-1].statements} |"
            )


def _of_transactions(
    sizes: list[Size], rounds: int, database: Callable[[str, Size], Database], folder: Path
) -> Iterator[str]:
    yield "| transactions | buckets | database | CPU s to create | DuckDB's CPU s | ratio |"
    yield "|---|---|---|---|---|---|"
    for size in sizes:
        parquet = Parquet(folder / f"{size.transactions}.parquet", size)
        for name in ("SQLite", "PostgreSQL"):
            meter = _Meter(database(name, size))
            creating, summing = [], []
            for _ in range(rounds):
                before = time.process_time()
                groups, transactions = parquet.sums()
                summing.append(time.process_time() - before)
                assert (groups, transactions) == (size.countries, size.transactions)
                creating.append(_round(meter, size)["create"].total)
            ratios = sorted(run / bare for run, bare in zip(creating, summing, strict=True))
            yield (
                f"| {size.transactions:,} | {size.buckets:,} | {name} | {median(creating):.2f} | {median(summing):.2f}"
                f" | {median(ratios):.2f} ({ratios[0]:.2f} to {ratios[-1]:.2f}) |"
            )


def _round(meter: "_Meter", size: Size) -> Round:
    """Create a run, cancel it and delete it."""
    costs: Round = {}
    with meter.database.write() as session:
        run = insert_run(session, check(session, DECEMBER), "bench")
        begin(session, run.id)
    with meter.measured(costs, "create"), meter.database.write() as session:
        make_entries(session, run.id)
        done = _locked(session, run)
    assert (done.total_journal_entry_count, done.transaction_count) == (size.countries, size.transactions)
    with meter.database.write() as session:
        start_cancellation(session, _locked(session, run), "bench")
    with meter.measured(costs, "cancel"):
        _until_done(meter.database, cancel_batch, run)
    with meter.database.write() as session:
        start_deletion(session, _locked(session, run), "bench")
    with meter.measured(costs, "delete"):
        _until_done(meter.database, delete_batch, run)
    return costs


def _until_done(database: Database, batch: Callable[..., bool], run: JournalRun) -> None:
    left = True
    while left:
        with database.write() as session:
            left = batch(session, run.id)


def _locked(session: Session, run: JournalRun) -> JournalRun:
    locked = lock_run(session, run.id)
    assert locked is not None
    return locked


class _Meter:
    """Counts what is done in a database, on one connection at a time."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self._statements = 0
        event.listen(database.writer, "before_cursor_execute", self._count)

    @contextmanager
    def measured(self, costs: Round, what: str) -> Iterator[None]:
        """Inside, measure, and add the cost under that name."""
        server = self._server_process()
        before = (time.process_time(), 0.0 if server is None else cpu_seconds(server), self._statements)
        yield
        after = (time.process_time(), 0.0 if server is None else cpu_seconds(server), self._statements)
        costs[what] = Cost(after[0] - before[0], after[1] - before[1], after[2] - before[2])

    def _server_process(self) -> int | None:
        if self.database.is_sqlite:
            return None
        with self.database.write() as session:
            process_id: int = session.execute(text("SELECT pg_backend_pid()")).scalar_one()
            return process_id

    def _count(self, *_: object) -> None:
        self._statements += 1


@contextmanager
def _closing(database: Database) -> Iterator[Database]:
    yield database
    database.close()


def _introduction(size: Size, rounds: int) -> list[str]:
    return [
        "Written by `python -m bench runs`. `python -m bench runs --quick` shows that everything runs.",
        "",
        f"First a run of {size.countries:,} entries, {size.keys:,} posting keys, {size.buckets:,} buckets and"
        f" {size.transactions:,} transactions: it is created, cancelled and deleted. Processor time is that of this"
        " process and of PostgreSQL's server process for it, without the durable workflow. Then runs over many"
        " transactions, next to DuckDB, which sums the same rows from a Parquet file with one GROUP BY. They take"
        f" turns; the medians of {rounds} rounds count, with the lowest and the highest in parentheses.",
        "",
    ]

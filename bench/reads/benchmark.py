"""The benchmark of reads: ledgers, servers, a comparison of their answers, then the timing."""

import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from shutil import copyfile

import psycopg
from psycopg.sql import SQL, Identifier, Literal

from bench.reads.comparison import compare
from bench.reads.competitors import Competitor, competitors
from bench.reads.documents import DOCUMENTS
from bench.reads.install import install_node, install_python
from bench.reads.introduction import introduction
from bench.reads.ledger import make_ledger
from bench.reads.measure import Plan, measure
from bench.reads.process import parent, started
from bench.reads.report import tables
from bench.results import keep
from tests.support.postgresql import PostgreSQL, PostgreSQLNotFound

HEADING = "Reads: documents answered over HTTP, next to other servers of the same ledger"
_COMMENTS = {
    # Without foreign keys, which every import would pay for.
    "bucket_transaction": "@foreignKey (posting_bucket_id) references posting_bucket (id)\n"
    "@foreignKey (transaction_row_id) references billing_transaction (id)",
    # Its column row_id would have the name that PostGraphile gives to id.
    "deletion": "@behavior -*",
}
"""What PostGraphile is told of tables, by comments on them."""

FULL = Plan(rounds=5, seconds=0.3, clients=(1, 16))
QUICK = Plan(rounds=1, seconds=0.1, clients=(1, 4))


def benchmark(*, quick: bool) -> None:
    """Print the tables, and keep them unless it was a quick run."""
    install_python()
    plan = QUICK if quick else FULL
    left_out = install_node()
    lines = [*introduction(plan), *([left_out, ""] if left_out else [])]
    print("\n".join(lines), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        lines += _on_sqlite(Path(folder), plan)
    try:
        with PostgreSQL() as server:
            lines += _on_postgresql(server, plan)
    except PostgreSQLNotFound as error:
        lines += [f"{error} So there are no numbers for it.", ""]
        print(lines[-2])
    if not quick:
        keep(HEADING, lines)


def _on_sqlite(folder: Path, plan: Plan) -> list[str]:
    ledger = folder / "ledger.db"
    make_ledger(f"sqlite:///{ledger}")
    numbers = count()
    chosen = [one for one in competitors() if not one.postgresql_only]
    return _measured("SQLite", chosen, lambda: f"sqlite:///{copyfile(ledger, folder / f'{next(numbers)}.db')}", plan)


def _on_postgresql(server: PostgreSQL, plan: Plan) -> list[str]:
    ledger = server.create_database()
    make_ledger(ledger)
    with psycopg.connect(ledger.replace("+psycopg", ""), autocommit=True) as connection:
        for table, comment in _COMMENTS.items():
            connection.execute(SQL("COMMENT ON TABLE {} IS {}").format(Identifier(table), Literal(comment)))
        connection.execute("VACUUM ANALYZE")  # as autovacuum does within a minute, at a moment of its own choice
        pid = parent(connection.info.backend_pid)
    return _measured("PostgreSQL", competitors(), lambda: server.create_database(ledger), plan, pid)


def _measured(
    name: str, chosen: Sequence[Competitor], copy: Callable[[], str], plan: Plan, database_pid: int | None = None
) -> list[str]:
    """The tables of one database. Every server has a copy of the ledger, since a gateway also writes to its own."""
    with ExitStack() as stack:
        servers = [
            (one, stack.enter_context(started(one.command, copy(), *one.more, environment=one.environment)))
            for one in chosen
        ]
        compared = compare(servers, DOCUMENTS)
        results = measure(servers, DOCUMENTS, plan, database_pid, lambda text: print(f"{name}: {text}", flush=True))
    lines = [*compared, *tables(name, results, DOCUMENTS, plan)]
    print("\n".join(lines), flush=True)
    return lines

"""Exports of items by the command, and DuckDB writing the same rows, in turn."""

import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench.exports import yardstick
from bench.exports.ledger import make_ledger
from bench.exports.refresh import refreshes
from bench.imports.measure import Took, run
from bench.installed import ROOT
from bench.results import keep
from tests.support.command import COMMAND
from tests.support.postgresql import PostgreSQL

ITEMS, ROUNDS = 1_000_000, 2
QUICK_ITEMS, QUICK_ROUNDS = 20_000, 1

HEADING = "Exports: a million items as a file, next to DuckDB writing the same rows"

GATEWAY, OWN, DRIVER = "the gateway", "DuckDB, own file", "DuckDB, by driver"

Found = Mapping[tuple[str, str, str], Sequence[Took]]
"""What each round took, by database, format and way."""


def benchmark(*, quick: bool) -> None:
    """Print the table, and keep it unless it was a quick run."""
    items, rounds = (QUICK_ITEMS, QUICK_ROUNDS) if quick else (ITEMS, ROUNDS)
    with tempfile.TemporaryDirectory() as folder, PostgreSQL() as server:
        urls = {"SQLite": f"sqlite:///{folder}/ledger.db", "PostgreSQL": server.create_database()}
        for url in urls.values():
            make_ledger(url, items)
        lines = [*_introduction(), *_table(items, rounds, _measured(urls, rounds, Path(folder), server)), ""]
        lines += ["### Refreshing a copy of these items, in pages of 10,000", ""]
        lines += ["| database | what has changed | items read | milliseconds |", "|---|---|---|---|"]
        for database, url in urls.items():
            lines += refreshes(database, url)
    print("\n".join(lines), flush=True)
    if not quick:
        keep(HEADING, lines)


def _measured(urls: Mapping[str, str], rounds: int, folder: Path, server: PostgreSQL) -> Found:
    found: dict[tuple[str, str, str], list[Took]] = defaultdict(list)
    with ExitStack() as stack:
        for database, url in urls.items():
            process = server.process_id if database == "PostgreSQL" else None
            table = folder / f"{database}.duckdb"
            rows = folder / "rows.parquet"
            run(_export(url, rows), folder, None)
            yardstick.load(rows, table)
            stack.callback(table.unlink)
            for _ in range(rounds):
                for format in ("csv", "parquet"):
                    target = folder / f"written.{format}"
                    module: list[str | Path] = [sys.executable, "-m", yardstick.__name__]
                    for way, command, measured in (
                        (GATEWAY, _export(url, target), process),
                        (OWN, [*module, "own", table, target], None),
                        (DRIVER, [*module, "driver", url, target], process),
                    ):
                        found[database, format, way].append(run(command, ROOT, measured))
                        target.unlink()
            rows.unlink()
    return found


def _export(url: str, target: Path) -> list[str | Path]:
    return [COMMAND, "export", "journal_entry_items", "--database", url, "--output", target]


def _introduction() -> list[str]:
    return [
        "Written by `python -m bench exports`; `--quick` shows that it runs.",
        "",
        "The whole command `journal-gateway export journal_entry_items`, from its start to a synced file. DuckDB"
        " writes the same rows: from a table in a file of its own, which has them in columns already, without joins and"
        " JSON; and from the view in the ledger's database, as the database's own driver (sqlite3, psycopg) reads it."
        " The ways take turns.",
        "",
        "The ratio is DuckDB's time for one of the gateway in the same round, from the start of a process to its end: 2"
        " means that the gateway is twice as fast. Processor time includes PostgreSQL's.",
        "",
    ]


def _table(items: int, rounds: int, found: Found) -> Iterator[str]:
    yield f"### {items:,} items, {rounds} {'round' if rounds == 1 else 'rounds'}"
    yield ""
    yield "| database | format | way | seconds | ratio (lowest to highest) | CPU s | rows a second | peak MB |"
    yield "|---|---|---|---|---|---|---|---|"
    for (database, format, way), took in found.items():
        seconds = median(one.seconds for one in took)
        gateway = found[database, format, GATEWAY]
        ratios = [one.seconds / ours.seconds for one, ours in zip(took, gateway, strict=True)]
        ratio = "" if way == GATEWAY else f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
        used = median(one.cpu for one in took)
        peak = max(one.peak_mb for one in took)
        yield (
            f"| {database} | {format} | {way} | {seconds:.2f} | {ratio} | {used:.2f} | {items / seconds:,.0f} |"
            f" {peak:.0f} |"
        )

"""Imports of large files by the command, and bare inserts of the same rows, in turn."""

import shutil
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import median

from bench.imports.files import write_csv, write_parquet
from bench.imports.measure import Took, bare, run
from bench.installed import install
from bench.results import keep
from storage.database import Database
from storage.migration import migrate
from tests.support.command import COMMAND
from tests.support.ledger import fill
from tests.support.postgresql import PostgreSQL

SIZES = {200_000: 5, 1_000_000: 5, 10_000_000: 3}
"""Rows, and the rounds in which each way has its turn."""

HUGE = 100_000_000
QUICK_SIZES = {5_000: 1}
WRONG = 0.01

HEADING = "Imports: large files, next to bare inserts of the same rows"

_REJECTED = 2
_BARE = {"SQLite": "sqlite", "PostgreSQL": "copy"}

Found = dict[tuple[str, str], list[Took]]
"""What each round took, by database and way."""


def benchmark(*, quick: bool, huge: bool = False) -> None:
    """Print the tables, and keep them unless it was a quick run. With `huge`, 100 million rows as well."""
    sizes = QUICK_SIZES if quick else SIZES | ({HUGE: 1} if huge else {})
    lines = _introduction()
    with tempfile.TemporaryDirectory() as environment, tempfile.TemporaryDirectory() as folder, PostgreSQL() as server:
        command = COMMAND if quick else install(Path(environment))
        for rows, rounds in sizes.items():
            part = [*_table(rows, rounds, _measured(command, rows, rounds, Path(folder), server)), ""]
            print("\n".join(part), flush=True)
            lines += part
            if not quick:
                keep(HEADING, lines)


def _measured(installed: Path, rows: int, rounds: int, folder: Path, server: PostgreSQL) -> Found:
    files = {name: folder / name for name in ("rows.csv", "rows.parquet", "wrong.csv")}
    write_csv(files["rows.csv"], rows)
    write_csv(files["wrong.csv"], rows, WRONG)
    write_parquet(files["rows.parquet"], files["rows.csv"])
    template = folder / "template.db"
    _make(f"sqlite:///{template}")
    filled = server.create_database()
    _make(filled)
    found: Found = defaultdict(list)
    for _ in range(rounds):
        for database in _BARE:
            process = None if database == "SQLite" else server.process_id

            def new(database: str = database) -> str:
                if database == "PostgreSQL":
                    return server.create_database(filled)
                shutil.copyfile(template, folder / "ledger.db")
                return f"sqlite:///{folder}/ledger.db"

            for way, names in {
                "CSV": ["rows.csv"] * 2,
                "Parquet": ["rows.parquet"],
                "1 % wrong": ["wrong.csv"],
            }.items():
                url = new()
                for name, told in zip(names, (way, f"{way} again"), strict=False):
                    command: list[str | Path] = [installed, "import", "transactions", files[name], "--database", url]
                    found[database, told].append(run(command, folder, process, _REJECTED))
                _remove(url, folder, server)
            url = server.create_database() if database == "PostgreSQL" else str(folder / "bare.db")
            found[database, "bare"].append(bare(_BARE[database], files["rows.csv"], url, process))
            _remove(url, folder, server)
        found["SQLite", "DuckDB"].append(bare("duckdb", files["rows.csv"], str(folder / "bare.duckdb")))
        _remove("", folder, server)
    return found


def _make(url: str) -> None:
    made = Database(url)
    migrate(made)
    fill(made)
    made.close()


def _remove(url: str, folder: Path, server: PostgreSQL) -> None:
    if url.startswith("postgresql"):
        server.drop_database(url)
    for pattern in ("ledger.db*", "bare.*", "*.rejects.csv"):
        for path in folder.glob(pattern):
            shutil.rmtree(path) if path.is_dir() else path.unlink()


def _introduction() -> list[str]:
    return [
        "Written by `python -m bench import`; `--quick` shows that it runs, and `--huge` adds 100 million rows.",
        "",
        "The whole command `journal-gateway import transactions`, from its start, on a new ledger: read, check, post,"
        " list what is rejected. It is installed as users install it, without what its tests need."
        " Bare is one table with a unique text id: on SQLite an `executemany` of rows that are"
        " read already, on PostgreSQL a COPY of them. DuckDB reads the CSV file and inserts it into such a table. The"
        " ways take turns; processor time, with PostgreSQL's, is the median of the rounds.",
        "",
        "The ratio is bare's processor time for one of this way in the same round: 1 is as fast as a bare insert.",
        "",
    ]


def _table(rows: int, rounds: int, found: Found) -> Iterator[str]:
    yield f"### {rows:,} rows, {rounds} {'round' if rounds == 1 else 'rounds'}"
    yield ""
    yield "| database | way | ratio to bare (lowest to highest) | CPU s | rows a CPU-second | peak MB |"
    yield "|---|---|---|---|---|---|"
    for (database, way), took in found.items():
        ratios = [base.cpu / one.cpu for base, one in zip(found[database, "bare"], took, strict=True)]
        used = median(one.cpu for one in took)
        peak = max(one.peak_mb for one in took)
        yield f"| {database} | {way} | {_spread(ratios)} | {used:.2f} | {rows / used:,.0f} | {peak:.0f} |"


def _spread(ratios: Sequence[float]) -> str:
    return f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"

"""Run every benchmark, print the table, and write it to RESULTS.md."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.postings import KEYS, TRANSACTIONS, measure
from tests.support.postgresql import PostgreSQL

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Print ratios instead of times: machines are shared and noisy."""
    lines = [
        "# Results",
        "",
        "Written by `make bench`. Every number is a ratio to the first row of its database, measured in the same run.",
        "",
        f"## A run over {TRANSACTIONS:,} transactions of {KEYS} keys, by how they were recorded",
        "",
        "| database | posted as | time to post | time to create the run |",
        "|---|---|---|---|",
    ]
    with tempfile.TemporaryDirectory() as folder, PostgreSQL() as server:
        for name, urls in (("SQLite", _files(Path(folder))), ("PostgreSQL", _databases(server))):
            results = measure(urls)
            _, posting, creating = results[0]
            lines += [
                f"| {name} | {how} | {post / posting:.2f} | {create / creating:.2f} |" for how, post, create in results
            ]
    RESULTS.write_text("\n".join(lines) + "\n")
    print(RESULTS.read_text())


def _files(folder: Path) -> Iterator[str]:
    for number in range(1_000):
        yield f"sqlite:///{folder}/{number}.db"


def _databases(server: PostgreSQL) -> Iterator[str]:
    while True:
        yield server.create_database()


main()

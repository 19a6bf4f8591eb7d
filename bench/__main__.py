"""Run every benchmark, print the table, and keep it in RESULTS.md."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

from bench.postings import KEYS, TRANSACTIONS, measure
from tests.postgresql import PostgreSQL

RESULTS = Path(__file__).parent / "RESULTS.md"


def main() -> None:
    """Print ratios, not times: machines are shared and noisy."""
    lines = [
        "# Results",
        "",
        "Made by `make bench`. Every number is a ratio to the first line of its kind, measured in the same run.",
        "",
        f"## A run over {TRANSACTIONS:,} transactions of {KEYS} keys, by how they came in",
        "",
        "| database | posted as | posting takes | creating the run takes |",
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

"""Compares many more random documents than the tests do: `make compare`, with DOCUMENTS and SEED if you like."""

import os
import sys
from contextlib import ExitStack
from secrets import randbelow

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from storage.database import Database
from tests.support.both_databases import both_databases
from tests.support.comparing import Comparison, Differ, comparing

DOCUMENTS = 50_000


def first_seed() -> int:
    """The seed of the first document: the environment's SEED, or a new one."""
    return int(os.environ.get("SEED") or randbelow(10**9))


def main() -> None:
    """Compare until all documents are done, or two answers differ."""
    console = Console(highlight=False)
    number, seed = int(os.environ.get("DOCUMENTS") or DOCUMENTS), first_seed()
    with ExitStack() as opened:
        same = _compare_all(console, both_databases(opened), number, seed)
    sys.exit(0 if same else 1)


def _compare_all(console: Console, databases: dict[str, Database], number: int, seed: int) -> bool:
    columns = (TextColumn("seed {task.fields[seed]}"), BarColumn(), MofNCompleteColumn())
    with comparing(databases) as comparison:
        try:
            with Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console) as progress:
                task = progress.add_task("", total=number, seed=seed)
                for place in range(number):
                    progress.update(task, seed=seed + place)
                    comparison.compare_random(seed + place)
                    progress.advance(task)
        except Differ as differ:
            console.print(str(differ), markup=False, soft_wrap=True)
            return False
        finally:
            _print_counts(console, comparison)
    return True


def _print_counts(console: Console, comparison: Comparison) -> None:
    for name, count in sorted(comparison.counts.items()):
        console.print(f"{count:>9,}  {name}")
    if comparison.failed:
        console.print(f"plans failed where nothing is wrong, for the seeds {comparison.failed[:20]}")


if __name__ == "__main__":
    main()

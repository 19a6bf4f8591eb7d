"""Sends many more inputs than the tests do: `make fuzz`, with INPUTS and SEED if you like."""

import os
import sys
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn, TimeRemainingColumn

from tests.support.both_databases import both_databases
from tests.support.compare import first_seed
from tests.support.fuzzing.inputs import Inputs
from tests.support.fuzzing.run import fuzz
from tests.support.fuzzing.sending import Fault
from tests.support.ledger import fill

INPUTS = 1_000_000
"""To both databases together."""

FILES_SHARE = 0.02
DOCUMENTS = 2_000
"""The valid documents to begin with."""


def main() -> None:
    """Send the inputs, half of them to each database, until one is a fault of the server."""
    console = Console(highlight=False)
    try:
        _fuzz(console)
    except* Fault as faults:
        for fault in faults.exceptions:
            console.print(str(fault), markup=False, soft_wrap=True)
        sys.exit(1)


def _fuzz(console: Console) -> None:
    number, seed = int(os.environ.get("INPUTS") or INPUTS) // 2, first_seed()
    files = int(number * FILES_SHARE)
    console.print(f"SEED={seed} INPUTS={2 * number}")
    inputs = Inputs(seed, DOCUMENTS)
    with ExitStack() as opened:
        databases = both_databases(opened)
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
        progress = Progress(*columns, TimeElapsedColumn(), TimeRemainingColumn(), console=console)
        opened.enter_context(progress)

        def send(name: str) -> Counter[str]:
            folder = Path(opened.enter_context(TemporaryDirectory()))
            fill(databases[name])
            task = progress.add_task(name, total=number)
            advance = partial(progress.advance, task)
            return fuzz(folder, databases[name], inputs, range(number - files), range(files), advance)

        with ThreadPoolExecutor() as both:
            for name, counts in zip(databases, both.map(send, databases), strict=True):
                _print_counts(console, name, counts)


def _print_counts(console: Console, name: str, counts: Counter[str]) -> None:
    for answer, count in sorted(counts.items()):
        console.print(f"{count:>9,}  {name}, {answer}")


if __name__ == "__main__":
    main()

"""Run the benchmarks and keep their results: `python -m bench [WHICH] [--quick]`; `--help` names them."""

import os
from argparse import ArgumentParser

from bench.exports.benchmark import benchmark as exports
from bench.feed import benchmark as feed
from bench.imports import benchmark as imports
from bench.pages import benchmark as pages
from bench.postings import benchmark as postings
from bench.reads.benchmark import benchmark as reads
from bench.runs import benchmark as runs
from bench.startup import benchmark as startup


def main() -> None:
    """Run the benchmark that is named, or all."""
    # As installed: pip compiles the modules once. With this variable, processes would compile a checkout each time.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    parser = ArgumentParser(prog="python -m bench", description="Run the benchmarks, and keep results in RESULTS.md.")
    parser.add_argument(
        "which",
        nargs="?",
        choices=["import", "startup", "runs", "pages", "reads", "feed", "exports", "postings"],
        help="one benchmark; all if omitted",
    )
    parser.add_argument(
        "--quick", action="store_true", help="see whether they run: few requests, no results kept, no postings"
    )
    parser.add_argument("--huge", action="store_true", help="import 100 million rows too, which needs 60 GB of disk")
    chosen = parser.parse_args()
    if chosen.which == "postings" and chosen.quick:
        parser.error("there is no quick run of postings")
    if chosen.which in (None, "postings") and not chosen.quick:
        postings()
    if chosen.which in (None, "import"):
        imports(quick=chosen.quick, huge=chosen.huge)
    if chosen.which in (None, "startup"):
        startup(quick=chosen.quick)
    if chosen.which in (None, "runs"):
        runs(quick=chosen.quick)
    if chosen.which in (None, "pages"):
        pages(quick=chosen.quick)
    if chosen.which in (None, "feed"):
        feed(quick=chosen.quick)
    if chosen.which in (None, "exports"):
        exports(quick=chosen.quick)
    if chosen.which in (None, "reads"):
        reads(quick=chosen.quick)


main()

"""Run the benchmarks and keep their results: `python -m bench [reads|postings] [--quick]`."""

from argparse import ArgumentParser

from bench.postings import benchmark as postings
from bench.reads.benchmark import benchmark as reads


def main() -> None:
    """Run the benchmark that is named, or all."""
    parser = ArgumentParser(prog="python -m bench", description="Run the benchmarks, and keep results in RESULTS.md.")
    parser.add_argument("which", nargs="?", choices=["reads", "postings"], help="one benchmark; all if omitted")
    parser.add_argument(
        "--quick", action="store_true", help="see whether the reads run: few requests, no results kept, no postings"
    )
    chosen = parser.parse_args()
    if chosen.which == "postings" and chosen.quick:
        parser.error("--quick is for reads alone")
    if chosen.which != "reads" and not chosen.quick:
        postings()
    if chosen.which != "postings":
        reads(quick=chosen.quick)


main()

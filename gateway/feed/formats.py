"""The formats of a feed, and how a file's name tells which it is."""

from typing import Literal

from gateway.feed.errors import FeedError

Format = Literal["csv", "tsv", "ndjson", "parquet"]

_FORMATS: dict[str, Format] = {
    ".csv": "csv",
    ".csv.gz": "csv",
    ".tsv": "tsv",
    ".tsv.gz": "tsv",
    ".ndjson": "ndjson",
    ".ndjson.gz": "ndjson",
    ".jsonl": "ndjson",
    ".jsonl.gz": "ndjson",
    ".parquet": "parquet",
}


def format_of(name: str) -> Format:
    """The format that a file's name tells by its ending. Raises FeedError where it tells none."""
    for ending, format in _FORMATS.items():
        if name.lower().endswith(ending):
            return format
    raise FeedError(
        name,
        None,
        "the name does not tell the format; give --format csv, tsv, ndjson or parquet,"
        f" or a name that ends in {', '.join(_FORMATS)}",
    )

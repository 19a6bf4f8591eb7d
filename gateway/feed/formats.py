"""The formats of a feed, and the file names that imply them."""

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
    """The format that a file name's ending implies. Raises FeedError where it implies none."""
    for ending, format in _FORMATS.items():
        if name.lower().endswith(ending):
            return format
    raise FeedError(
        name,
        None,
        "the format is not clear from the name; give --format csv, tsv, ndjson or parquet,"
        f" or use a name that ends in {', '.join(_FORMATS)}",
    )

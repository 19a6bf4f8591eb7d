"""What a feed consists of."""

from collections.abc import Iterable
from typing import NamedTuple


class Record(NamedTuple):
    """One record: its values that are not empty. `line` is where it starts (in Parquet, its row), from 1."""

    line: int
    values: dict[str, str]


class Malformed(NamedTuple):
    """A record that cannot be understood, in a feed that can: to be counted as rejected."""

    line: int
    message: str


def checked_record(line: int, cells: Iterable[tuple[str, str | None]]) -> Record | Malformed:
    """The record of these values, where the format lets text hold what no database stores."""
    values = {name: text for name, cell in cells if cell and (text := cell.strip())}
    if _is_storable("".join(values) + "".join(values.values())):
        return Record(line, values)
    faulty = next(name for name, text in values.items() if not _is_storable(name + text))
    return Malformed(line, f"{faulty!r} holds a NUL or half a surrogate pair, which is not text")


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text

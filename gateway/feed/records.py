"""The records of a feed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

REJECTED = ("line", "reason")
"""The first two columns of a list of rejects. They are ignored when such a list is read as a CSV file."""

Cells = Sequence[str] | Mapping[str, str]
"""The cells of a record, unaltered: in the order of the feed's columns, or by name where it has none."""


@dataclass(slots=True)
class Record:
    """One record: its non-empty values. `line` is the line it starts on (in Parquet, its row), from 1."""

    line: int
    values: dict[str, str]
    cells: Cells = field(default=(), compare=False, repr=False)


@dataclass(slots=True)
class Malformed:
    """A record that cannot be parsed, in a feed that can: it counts as rejected."""

    line: int
    message: str
    cells: Cells = field(default=(), compare=False, repr=False)


def checked_record(line: int, cells: Iterable[tuple[str, str | None]], raw: Cells) -> Record | Malformed | None:
    """The record of these values, Malformed where one holds what no database stores, None where all are empty."""
    values = {name: text for name, cell in cells if cell and (text := cell.strip())}
    if not values:
        return None
    if _is_storable("".join(values) + "".join(values.values())):
        return Record(line, values, raw)
    faulty = next(name for name, text in values.items() if not _is_storable(name + text))
    return Malformed(line, f"{faulty!r} holds a NUL or half a surrogate pair, which is not text", raw)


def _is_storable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text

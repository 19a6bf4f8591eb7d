"""Records from NDJSON: one JSON object a line."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from gateway.feed.blocks import Block, blocks_of
from gateway.feed.columns import Columns
from gateway.feed.errors import FeedError
from gateway.feed.records import Malformed, Record, checked_record
from gateway.feed.text_lines import TextLines

# Numbers stay text and objects stay pairs, so that neither a digit nor a repeated name is lost. Only NaN and Infinity
# become floats.
_DECODER = json.JSONDecoder(parse_int=str, parse_float=str, object_pairs_hook=tuple)


class NdjsonRecords:
    """The records of an NDJSON text. Iterating raises FeedError on a line that is not a JSON object.

    Each line names its own columns: one with wrong names is malformed, and does not affect the others.
    """

    columns = None

    def __init__(self, lines: TextLines, columns: Columns) -> None:
        self._lines = lines
        self._columns = columns

    def __iter__(self) -> Iterator[Record | Malformed]:
        lines = self._lines
        empty = True
        for line in lines:
            # With its line end, the decoder would report some errors on the next line.
            text = line.rstrip()
            if not text:
                continue
            empty = False
            try:
                pairs = _DECODER.decode(text)
            except json.JSONDecodeError as error:
                raise lines.error(
                    f"not JSON at column {error.colno} ({error.msg}); each line must be one whole JSON object"
                ) from error
            except RecursionError:
                yield Malformed(lines.number, "nested too deeply; values must be text or numbers")
                continue
            if not isinstance(pairs, tuple):
                raise lines.error("this is JSON, but not an object; each line must be one JSON object")
            record = self._record(lines.number, [(name.strip(), value) for name, value in pairs])
            if record is not None:
                yield record
        if empty:
            raise FeedError(lines.name, None, "it is empty; each line must be one JSON object")

    def has_more_than(self, size: int) -> bool:
        """Whether the text has more than that many bytes."""
        return self._lines.has_more_than(size)

    def blocks(self) -> Iterator[Block]:
        """The records in blocks. Arrow's reader of JSON would lose digits of numbers."""
        return blocks_of(iter(self))

    def _record(self, line: int, pairs: Sequence[tuple[str, Any]]) -> Record | Malformed | None:
        cells = _cells(pairs)
        if fault := self._columns.fault([name for name, _ in pairs]):
            return Malformed(line, fault, cells)
        for name, value in pairs:
            if not isinstance(value, str) and value is not None:
                return Malformed(line, f"{name!r} is {_kind(value)}; it must be text, a number or null", cells)
            if not name and value and value.strip():
                return Malformed(line, f"a value has no name: {value.strip()[:60]!r}; name it, or remove it", cells)
        return checked_record(line, pairs, cells)


def _cells(pairs: Sequence[tuple[str, Any]]) -> dict[str, str]:
    """The values by name as text, other types as JSON; the values of a repeated name are joined."""
    cells: dict[str, str] = {}
    for name, value in pairs:
        text = "" if value is None else value if isinstance(value, str) else _json(value)
        cells[name] = f"{cells[name]} | {text}" if name in cells else text
    return cells


def _json(value: Any) -> str:
    try:
        return json.dumps(_plain(value))
    except RecursionError:
        return "(nested too deeply)"


def _plain(value: Any) -> Any:
    # An object is a tuple of pairs here, by the decoder's hook.
    if isinstance(value, tuple):
        return {name: _plain(inner) for name, inner in value}
    return [_plain(inner) for inner in value] if isinstance(value, list) else value


def _kind(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case tuple():
            return "an object"
        case list():
            return "an array"
        case _:
            return "NaN or infinite"

"""NDJSON: an object a line. Amounts are texts, so that no reader makes floats of them."""

from collections.abc import Sequence
from io import RawIOBase

import orjson
import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from gateway.exports.texts import each_distinct, joined, plain_texts
from storage.bi.catalogue import Column, Kind

_NEEDS_ESCAPES = r'[\x00-\x1f"\\]'
_BARE = (Kind.INTEGER, Kind.BOOLEAN, Kind.JSON)
"""What is JSON as it stands."""


class NdjsonWriter:
    """Writes rows; a null is written as null."""

    def __init__(self, file: RawIOBase, columns: Sequence[Column]) -> None:
        self._file = file
        self._columns = columns

    def write(self, batch: "pa.RecordBatch") -> None:
        """Write the rows."""
        if not len(batch):
            return
        pieces: list[pa.Array | str] = []
        for values, column in zip(batch.columns, self._columns, strict=True):
            pieces += [f'{"," if pieces else "{"}"{column.name}":', _json(values, column.kind)]
        self._file.write(joined([*pieces, "}\n"], "", "null"))

    def close(self) -> None:
        """Nothing comes last."""


def _json(values: "pa.Array", kind: Kind) -> "pa.StringArray":
    if kind in _BARE:
        return plain_texts(values, kind)
    if kind is Kind.TEXT:
        return each_distinct(values, _quoted)
    return _in_quotes(plain_texts(values, kind))


def _quoted(texts: "pa.StringArray") -> "pa.StringArray":
    if pc.any(pc.match_substring_regex(texts, _NEEDS_ESCAPES)).as_py():
        return pa.array([orjson.dumps(text).decode() for text in texts.to_pylist()], pa.string())
    return _in_quotes(texts)


def _in_quotes(texts: "pa.StringArray") -> "pa.StringArray":
    return pc.binary_join_element_wise('"', texts, '"', "")

"""CSV as RFC 4180 has it, whose texts no spreadsheet takes for a formula."""

import re
from collections.abc import Sequence
from io import RawIOBase

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from gateway.exports.texts import each_distinct, joined, plain_texts
from gateway.formulas import NUMBER, STARTS
from storage.bi.catalogue import Column, Kind

_FORMULA = f"^[{re.escape(STARTS)}]"
_NUMBER = f"^{NUMBER}$"
_NEEDS_QUOTES = '[",\r\n]'
_LINE_END = "\r\n"


class CsvWriter:
    """Writes a header and rows. A null is nothing, and an empty text is a pair of quotes; so is a null that is alone.

    A text that a spreadsheet would run gets an apostrophe before it; a number that is a text does not. Values that are
    not texts are written as they are.
    """

    def __init__(self, file: RawIOBase, columns: Sequence[Column]) -> None:
        self._file = file
        self._kinds = [column.kind for column in columns]
        # Readers skip an empty line.
        self._null = '""' if len(columns) == 1 else ""
        file.write(",".join(column.name for column in columns).encode() + _LINE_END.encode())

    def write(self, batch: "pa.RecordBatch") -> None:
        """Write the rows."""
        if not len(batch):
            return
        cells = [_cells(values, kind) for values, kind in zip(batch.columns, self._kinds, strict=True)]
        last = cells.pop()
        ends = pc.binary_join_element_wise(last, "", _LINE_END, null_handling="replace", null_replacement=self._null)
        cells.append(ends)
        self._file.write(joined(cells, ",", ""))

    def close(self) -> None:
        """Nothing comes last."""


def _cells(values: "pa.Array", kind: Kind) -> "pa.StringArray":
    if kind is Kind.TEXT:
        return each_distinct(values, lambda texts: quoted(harmless(texts)))
    if kind is Kind.JSON:
        return each_distinct(values, quoted)
    return plain_texts(values, kind)


def harmless(texts: "pa.StringArray") -> "pa.StringArray":
    """The texts; one that a spreadsheet would run has an apostrophe before it."""
    suspects = pc.match_substring_regex(texts, _FORMULA)
    if not pc.any(suspects).as_py():
        return texts
    formulas = pc.and_not(suspects, pc.match_substring_regex(texts, _NUMBER))
    return pc.if_else(formulas, pc.binary_join_element_wise("'", texts, ""), texts)


def quoted(texts: "pa.StringArray") -> "pa.StringArray":
    """The texts as cells; what has a comma, a quote or an end of line is quoted, and so is an empty text."""
    special = pc.or_(pc.match_substring_regex(texts, _NEEDS_QUOTES), pc.equal(texts, ""))
    if not pc.any(special).as_py():
        return texts
    doubled = pc.replace_substring(texts, '"', '""')
    return pc.if_else(special, pc.binary_join_element_wise('"', doubled, '"', ""), texts)

"""Values of columns as the texts that CSV and JSON share, a column at a time."""

from collections.abc import Callable

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from gateway.exports import amounts
from storage.bi.catalogue import Kind


def plain_texts(values: "pa.Array", kind: Kind) -> "pa.StringArray":
    """The values as texts: moments such as 2024-12-31T09:00:00.000000Z, and amounts with their currency's digits."""
    if kind is Kind.AMOUNT:
        return amounts.texts(values)
    if kind is Kind.MOMENT:
        # Without its zone, it is read as the clock of UTC, and written far faster.
        clock = values.cast(pa.timestamp("us")).cast(pa.string())
        return pc.binary_join_element_wise(pc.replace_substring(clock, " ", "T"), "Z", "")
    return values.cast(pa.string())


def each_distinct(texts: "pa.StringArray", changed: Callable[["pa.StringArray"], "pa.StringArray"]) -> "pa.StringArray":
    """The texts, changed: each distinct one once, of which most columns have few. `changed` gets no nulls."""
    distinct = texts.dictionary_encode()
    return changed(distinct.dictionary).take(distinct.indices)


def joined(pieces: "list[pa.Array | str]", separator: str, null: str) -> memoryview:
    """The pieces of each row in turn, in UTF-8: texts, or columns of texts, of which one at least is a column."""
    rows = pc.binary_join_element_wise(*pieces, separator, null_handling="replace", null_replacement=null)
    # The texts of a column stand one after another already.
    _, offsets, data = rows.buffers()
    bounds = memoryview(offsets).cast("i")
    return (
        memoryview(data)[bounds[rows.offset] : bounds[rows.offset + len(rows)]] if data is not None else memoryview(b"")
    )

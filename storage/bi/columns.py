"""Long answers in columns: one statement, read at one moment, in batches of some thousand rows.

For a million rows, an object in Python for each value takes longer than the database does, and so does an expression in
SQL for each amount and segment: the database returns minor units and segments as they are stored, and Arrow makes
columns of them.
"""

import json
from collections.abc import Generator, Sequence

import pyarrow as pa  # type: ignore[import-untyped]

from storage.bi.catalogue import SEGMENTS, Column, Kind, View
from storage.bi.fetching import TYPES, fetched
from storage.bi.questions import Condition
from storage.bi.reading import statements_of
from storage.bi.scope import EVERYTHING, Scope
from storage.bi.statements import ALL, AllRows
from storage.database import Database

AMOUNT = pa.struct([("minor", pa.int64()), ("digits", pa.int64())])
"""An amount: minor units, and the digits of its currency. A null has no minor units.

`gateway.exports.amounts` makes texts and decimals of it.
"""


def schema_of(columns: Sequence[Column]) -> "pa.Schema":
    """The schema of batches with these columns."""
    return pa.schema(
        [pa.field(column.name, AMOUNT if column.kind is Kind.AMOUNT else TYPES[column.kind]) for column in columns]
    )


def batches(
    database: Database, view: View, columns: Sequence[str], where: Condition = ALL, scope: Scope = EVERYTHING
) -> Generator["pa.RecordBatch"]:
    """The rows of the view that meet the condition, at one moment and in no stated order; memory stays flat.

    Who stops before the end closes the generator, which stops the statement. Raises what `Database.read` raises.
    """
    rows = statements_of(database).all_rows(view, columns, where, scope)
    schema = schema_of([view.column(name) for name in columns])
    for batch in fetched(database, rows):
        yield _finished(batch, rows, schema)


def _finished(batch: "pa.RecordBatch", rows: AllRows, schema: "pa.Schema") -> "pa.RecordBatch":
    segments = _segments(batch[SEGMENTS], rows) if rows.segments else {}
    return pa.record_batch(
        [segments[field.name] if field.name in segments else _column(batch, rows, field) for field in schema], schema
    )


def _column(batch: "pa.RecordBatch", rows: AllRows, field: "pa.Field") -> "pa.Array":
    if field.type != AMOUNT:
        return batch[field.name]
    if field.name not in rows.amounts:
        return pa.nulls(len(batch), AMOUNT)
    minor, digits = batch[field.name], batch[rows.amounts[field.name]]
    return pa.StructArray.from_arrays([minor, digits], fields=list(AMOUNT))


def _segments(stored: "pa.StringArray", rows: AllRows) -> "dict[str, pa.Array]":
    """The columns of segments: few rows of a batch differ in their segments."""
    distinct = stored.dictionary_encode()
    values = [None if text is None else _values(text) for text in distinct.dictionary.to_pylist()]
    return {
        name: pa.array(
            [None if found is None else (_text(found) if segment is None else found.get(segment)) for found in values],
            pa.string(),
        ).take(distinct.indices)
        for name, segment in rows.segments.items()
    }


def _values(stored: str) -> dict[str, str | None]:
    """The values by segment. Keys have an object, and entries have a list, in the order of their rule."""
    found = json.loads(stored)
    return found if isinstance(found, dict) else {one["name"]: one["value"] for one in found}


def _text(values: dict[str, str | None]) -> str:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))

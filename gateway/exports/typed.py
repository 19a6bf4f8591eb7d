"""Batches with amounts as exact decimals, for formats that have such."""

from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]

from gateway.exports import amounts
from storage.bi.catalogue import Column, Kind
from storage.bi.columns import schema_of


def typed_schema(columns: Sequence[Column]) -> "pa.Schema":
    """The schema, with amounts as decimals and with what may be null; each field says what it is."""
    return pa.schema(
        [
            pa.field(
                column.name,
                amounts.DECIMAL if column.kind is Kind.AMOUNT else field.type,
                column.nullable,
                {"description": column.description},
            )
            for column, field in zip(columns, schema_of(columns), strict=True)
        ]
    )


def typed(batch: "pa.RecordBatch", schema: "pa.Schema") -> "pa.RecordBatch":
    """The batch in that schema."""
    pairs = zip(batch.columns, schema.types, strict=True)
    return pa.record_batch(
        [amounts.decimals(values) if kind == amounts.DECIMAL else values for values, kind in pairs], schema
    )

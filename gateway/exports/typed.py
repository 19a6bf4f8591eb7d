"""Batches with amounts as exact decimals, for formats that have such."""

from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]

from storage.bi.catalogue import AMOUNT_PRECISION, AMOUNT_SCALE, Column, Kind
from storage.bi.columns import schema_of

_AMOUNT = pa.decimal128(AMOUNT_PRECISION, AMOUNT_SCALE)


def typed_schema(columns: Sequence[Column]) -> "pa.Schema":
    """The schema, with amounts as decimals and with what may be null; each field says what it is."""
    return pa.schema(
        [
            pa.field(
                column.name,
                _AMOUNT if column.kind is Kind.AMOUNT else field.type,
                column.nullable,
                {"description": column.description},
            )
            for column, field in zip(columns, schema_of(columns), strict=True)
        ]
    )

"""Columns of amounts as texts with the digits of their currency, or as decimals of one scale."""

from collections.abc import Callable

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from storage.bi.catalogue import AMOUNT_PRECISION, AMOUNT_SCALE

DECIMAL = pa.decimal128(AMOUNT_PRECISION, AMOUNT_SCALE)


def decimals(amounts: "pa.StructArray") -> "pa.Decimal128Array":
    """The amounts as exact decimals."""
    return _by_digits(amounts, lambda minor, digits: _scaled(minor, digits).cast(DECIMAL), DECIMAL)


def texts(amounts: "pa.StructArray") -> "pa.StringArray":
    """The amounts as exact texts: 1250 is 12.50 with two digits, and 1250 with none."""
    return _by_digits(amounts, lambda minor, digits: _scaled(minor, digits).cast(pa.string()), pa.string())


def _by_digits(
    amounts: "pa.StructArray", made: Callable[["pa.Int64Array", int], "pa.Array"], kind: "pa.DataType"
) -> "pa.Array":
    minor, digits = amounts.flatten()
    if minor.null_count == len(minor):
        return pa.nulls(len(minor), kind)
    distinct = [number for number in digits.unique().to_pylist() if number is not None]
    found = made(minor, distinct[0])
    for number in distinct[1:]:
        found = pc.if_else(pc.equal(digits, number), made(minor, number), found)
    return found


def _scaled(minor: "pa.Int64Array", digits: int) -> "pa.Decimal128Array":
    whole = minor.cast(pa.decimal128(19))
    # The same numbers, with the point elsewhere.
    return pa.Decimal128Array.from_buffers(pa.decimal128(19, digits), len(whole), whole.buffers(), offset=whole.offset)

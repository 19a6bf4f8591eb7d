"""Exact sums of columns of amounts."""

from collections.abc import Iterator
from datetime import date

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]

from storage.transaction_columns import TransactionColumns

_EPOCH = date(1970, 1, 1).toordinal()
_DAYS_MAX = 2**31


def sums_by_currency_and_day(transactions: TransactionColumns) -> Iterator[tuple[str, date, int, int]]:
    """The currency, the day, the number and the sum of these transactions, one currency and day at a time."""
    currencies = pa.array([key.currency for key in transactions.keys], pa.string()).dictionary_encode()
    codes = currencies.indices.take(transactions.key).cast(pa.int64())
    days = pc.add(transactions.transaction_date.cast(pa.int32()).cast(pa.int64()), _EPOCH)
    place = pc.add(pc.multiply(codes, _DAYS_MAX), days)
    amounts = transactions.amount_minor
    largest = max(map(abs, pc.min_max(amounts).as_py().values()))
    # Arrow wraps a sum beyond 64 bits silently; no number of amounts exceeds one of 128 bits.
    if largest * len(amounts) >= 2**63:
        amounts = amounts.cast(pa.decimal128(38, 0))
    grouped = pa.table({"place": place, "amount": amounts}).group_by("place")
    for row in grouped.aggregate([("amount", "sum"), ("amount", "count")]).to_pylist():
        code, day = divmod(row["place"], _DAYS_MAX)
        yield currencies.dictionary[code].as_py(), date.fromordinal(day), row["amount_count"], int(row["amount_sum"])

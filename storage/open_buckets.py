"""The buckets of a posting in columns: ids as they are needed, exact sums in memory until they are written."""

import json
from collections.abc import Sequence
from datetime import date, timedelta

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlalchemy import text
from sqlmodel import Session

from storage.clock import moment_of_change
from storage.column_writes import as_array, write_columns
from storage.columns import as_text
from storage.database import is_sqlite
from storage.money import AMOUNT_MINOR_MAX, Minor, MoneyError
from storage.posting_buckets import PostingBucket
from storage.posting_parts import last_bucket_id
from storage.sequences import next_ids
from storage.transaction_rows import SUM_TOO_LARGE

BUCKETS_HELD_MAX = 500_000
"""Buckets that one posting holds in memory, 48 bytes each; beyond it they are written and forgotten."""

ADDENDS_HELD_MAX = 700_000
"""Amounts that are held until they are added up, 32 bytes each."""

_SUMS = pa.schema(
    [("place", pa.int64()), ("transaction_count", pa.int64()), ("amount", pa.int64()), ("home_amount", pa.int64())]
)
_KEY_BITS = 32
_KEY_MASK = (1 << _KEY_BITS) - 1
_EPOCH = date(1970, 1, 1)


class OpenBuckets:
    """Buckets of a posting that is being made, by their place: the day, and the number of the posting key in here.

    A bucket gets its id when its first transaction comes, and its row by `write`; the ledger must not need it before.
    """

    def __init__(self, session: Session, posting_id: int, *, others_are_written: bool) -> None:
        """`others_are_written` says that the posting has buckets in the ledger, whose places may come again."""
        self._posting_id = posting_id
        self._others_are_written = others_are_written
        self._key_ids = pa.array([], pa.int64())
        """The ids of posting keys, in the order of their numbers."""
        self._places = pa.array([], pa.int64())
        self._ids = pa.array([], pa.int64())
        self._sums = _SUMS.empty_table()
        self._sums_max = 0
        self.use(session)

    def use(self, session: Session) -> None:
        """Go on in this database transaction."""
        self._session = session
        # Nobody else writes while a session of SQLite does.
        self.last_id = last_bucket_id(session) if is_sqlite(session) else 0
        """The last id of a bucket on SQLite, also of one without a row."""

    def places(self, days: "pa.Date32Array", key_ids: "pa.Int64Array") -> "pa.Int64Array":
        """The place of each row."""
        numbers = pc.index_in(key_ids, value_set=self._key_ids)
        if numbers.null_count:
            self._key_ids = pa.concat_arrays([self._key_ids, _missing(key_ids, numbers)])
            numbers = pc.index_in(key_ids, value_set=self._key_ids)
        shifted = pc.shift_left(days.cast(pa.int32()).cast(pa.int64()), _KEY_BITS)
        return pc.bit_wise_or(shifted, numbers.cast(pa.int64()))

    def known_ids(self, places: "pa.Int64Array") -> "pa.Int64Array":
        """The ids of the buckets at these places as far as they are in memory, else null."""
        return self._ids.take(pc.index_in(places, value_set=self._places))

    def ids(self, places: "pa.Int64Array") -> "pa.Int64Array":
        """The ids of the buckets at these places; a bucket without one gets it."""
        found = self.known_ids(places)
        if found.null_count and self._others_are_written:
            self._take_back(_missing(places, found).to_pylist())
            found = self.known_ids(places)
        if found.null_count:
            missing = _missing(places, found)
            self._hold(missing, self._new_ids(len(missing)))
            found = self.known_ids(places)
        return found

    def rows_with(self, ids: Sequence[int]) -> dict[int, PostingBucket]:
        """The buckets with these ids, which have no rows yet; their sums are not told."""
        places = self._places.take(pc.index_in(pa.array(ids, pa.int64()), value_set=self._ids)).to_pylist()
        key_ids = self._key_ids.to_pylist()
        return {
            bucket_id: PostingBucket(
                id=bucket_id,
                posting_id=self._posting_id,
                posting_date=_day(place),
                posting_key_id=key_ids[place & _KEY_MASK],
                transaction_count=0,
                amount_minor=Minor(0),
            )
            for bucket_id, place in zip(ids, places, strict=True)
        }

    def add(self, places: "pa.Int64Array", amounts: "pa.Int64Array", home_amounts: "pa.Int64Array") -> None:
        """Add transactions to the sums of their buckets. Raises MoneyError if a sum is then beyond 64 bits."""
        ones = pa.repeat(pa.scalar(1, pa.int64()), len(places))
        added = pa.table([places, ones, amounts, home_amounts], schema=_SUMS)
        bound = _largest_sum(added)
        if bound > AMOUNT_MINOR_MAX:
            added = _added_up(added)
        # Adding up costs as much for few as for many, so it waits until a sum may be beyond 64 bits.
        self._sums = pa.concat_tables([self._sums, added])
        self._sums_max += bound
        if self._sums_max > AMOUNT_MINOR_MAX or len(self._sums) > ADDENDS_HELD_MAX:
            self._add_up()

    @property
    def are_many(self) -> bool:
        """Whether they should be written and forgotten, to bound memory."""
        return max(len(self._ids), len(self._key_ids)) > BUCKETS_HELD_MAX

    def write(self) -> None:
        """Write the buckets that have transactions, with their sums. This object must not be used after it."""
        self._add_up()
        places = self._sums["place"]
        days = pc.shift_right(places, _KEY_BITS).cast(pa.int32()).cast(pa.date32())
        numbers = pc.bit_wise_and(places, _KEY_MASK)
        rows = pa.table(
            {
                "id": self.known_ids(places.combine_chunks()),
                "posting_id": pa.repeat(pa.scalar(self._posting_id, pa.int64()), len(places)),
                "updated_at": pa.repeat(as_text(moment_of_change(self._session)), len(places)),
                "posting_date": days,
                "posting_key_id": self._key_ids.take(numbers),
                **{name: self._sums[name] for name in _SUMS.names[1:]},
            }
        )
        write_columns(self._session, "posting_bucket", rows)

    def _add_up(self) -> None:
        self._sums = _added_up(self._sums)
        self._sums_max = max(_largest(self._sums["amount"]), _largest(self._sums["home_amount"]))

    def _take_back(self, places: Sequence[int]) -> None:
        """Move those of these buckets that are in the ledger into memory, with their sums."""
        key_ids = self._key_ids.to_pylist()
        sent = [(_day(place).isoformat(), key_ids[place & _KEY_MASK]) for place in places]
        statement = _TAKE_BACK_SQLITE if is_sqlite(self._session) else _TAKE_BACK_POSTGRESQL
        values = {"posting_id": self._posting_id, "places": json.dumps(sent)}
        found = self._session.connection().execute(statement, values).all()
        numbers = {key_id: number for number, key_id in enumerate(key_ids)}
        taken = pa.array([(_days(row[1]) << _KEY_BITS) | numbers[row[2]] for row in found], pa.int64())
        self._hold(taken, pa.array([row[0] for row in found], pa.int64()))
        columns = [pa.array([row[place] for row in found], pa.int64()) for place in (3, 4, 5)]
        sums = pa.table([taken, *columns], schema=_SUMS)
        self._sums = pa.concat_tables([self._sums, sums])
        self._sums_max += _largest_sum(sums)

    def _hold(self, places: "pa.Int64Array", ids: "pa.Int64Array") -> None:
        self._places = pa.concat_arrays([self._places, places])
        self._ids = pa.concat_arrays([self._ids, ids])

    def _new_ids(self, count: int) -> "pa.Int64Array":
        if is_sqlite(self._session):
            first, self.last_id = self.last_id + 1, self.last_id + count
            return pa.arange(first, self.last_id + 1)
        return as_array(next_ids(self._session.connection(), "posting_bucket", count))


def _missing(values: "pa.Int64Array", found: "pa.Array") -> "pa.Int64Array":
    """The values of which nothing was found, each once."""
    return pc.unique(values.filter(found.is_null()))


def _added_up(parts: "pa.Table") -> "pa.Table":
    """One row a place, with the exact sums of its parts. Raises MoneyError if a sum is beyond 64 bits."""
    names = _SUMS.names[1:]
    for position, name in enumerate(names, start=1):
        if _largest(parts[name]) * len(parts) > AMOUNT_MINOR_MAX:
            # Arrow wraps integers that overflow; 38 digits are enough for 10^19 amounts.
            parts = parts.set_column(position, name, parts[name].cast(pa.decimal128(38)))
    sums = parts.group_by("place", use_threads=False).aggregate([(name, "sum") for name in names])
    totals = [sums[f"{name}_sum"] for name in names]
    if any(_largest(total) > AMOUNT_MINOR_MAX for total in totals):
        raise MoneyError(SUM_TOO_LARGE)
    return pa.table([sums["place"], *(total.cast(pa.int64()) for total in totals)], schema=_SUMS)


def _largest_sum(parts: "pa.Table") -> int:
    """What no sum of any of these parts can be beyond, regardless of its sign."""
    return max(_largest(parts["amount"]), _largest(parts["home_amount"])) * len(parts)


def _largest(amounts: "pa.ChunkedArray") -> int:
    """The largest amount, regardless of its sign."""
    found = pc.min_max(amounts).as_py()
    return max(abs(int(found["min"] or 0)), abs(int(found["max"] or 0)))


def _day(place: int) -> date:
    return _EPOCH + timedelta(days=place >> _KEY_BITS)


def _days(day: date) -> int:
    return (day - _EPOCH).days


_TAKE_BACK_SQLITE, _TAKE_BACK_POSTGRESQL = (
    text(statement).columns(
        *(
            getattr(PostingBucket, name)
            for name in (
                "id",
                "posting_date",
                "posting_key_id",
                "transaction_count",
                "amount_minor",
                "home_amount_minor",
            )
        )
    )
    for statement in (
        """
        DELETE FROM posting_bucket WHERE id IN (
            SELECT bucket.id
            FROM json_each(:places) AS sent CROSS JOIN posting_bucket AS bucket ON bucket.posting_id = :posting_id
                AND bucket.posting_date = sent.value ->> 0 AND bucket.posting_key_id = sent.value ->> 1
        ) RETURNING id, posting_date, posting_key_id, transaction_count, amount, home_amount
        """,
        """
        DELETE FROM posting_bucket AS bucket
        USING json_array_elements(CAST(:places AS json)) AS sent
        WHERE bucket.posting_id = :posting_id
            AND bucket.posting_date = (sent ->> 0)::date AND bucket.posting_key_id = (sent ->> 1)::bigint
        RETURNING id, posting_date, posting_key_id, transaction_count, amount, home_amount
        """,
    )
)

"""The rows of a posting: its buckets and its transactions, which are put into the lists of these."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from itertools import chain, count
from operator import itemgetter
from typing import Any

from sqlalchemy.exc import DataError
from sqlmodel import Session

from storage.bucket_transactions import last_row_id, list_after
from storage.clock import moment_of_change
from storage.columns import as_text
from storage.database import is_sqlite
from storage.driver_rows import copy_in, insert_values
from storage.money import AMOUNT_MINOR_MAX, MoneyError
from storage.posting_parts import last_bucket_id
from storage.sequences import next_ids

Place = tuple[date, int]
"""The day and the posting key of a bucket."""

Sums = tuple[int, int, int | None]
"""The number of a bucket's transactions, the sum of their amounts, and that of their home amounts if there are any."""

TransactionRow = tuple[str, int, int, str | None, int | None, str | None, str | None]
"""The values of `TRANSACTION`."""

SUM_TOO_LARGE = "the sum of one day's transactions with one posting key is beyond 64 bits; check the amounts"

CONTENT = ("amount", "exchange_rate", "home_amount", "account_number", "document_number")
"""The columns of a transaction that are compared, beside its date and its posting key."""

TRANSACTION = ("transaction_id", "posting_bucket_id", *CONTENT)
"""The columns of a transaction that are inserted, beside the row id."""

_BUCKET = (
    "posting_id", "updated_at", "posting_date", "posting_key_id", "transaction_count", "amount", "home_amount",
)  # fmt: skip
_ADD = """
ON CONFLICT (posting_id, posting_date, posting_key_id) DO UPDATE SET
    transaction_count = posting_bucket.transaction_count + excluded.transaction_count,
    amount = posting_bucket.amount + excluded.amount,
    home_amount = posting_bucket.home_amount + excluded.home_amount,
    updated_at = excluded.updated_at
RETURNING id, posting_date, posting_key_id, amount, home_amount
"""
_ADD_ARRAYS = f"""
INSERT INTO posting_bucket ({", ".join(_BUCKET)})
SELECT %s, %s, * FROM unnest(%s::date[], %s::bigint[], %s::bigint[], %s::bigint[], %s::bigint[])
{_ADD}
"""  # noqa: S608


def add_to_buckets(session: Session, posting_id: int, sums: Mapping[Place, Sums]) -> dict[Place, int]:
    """Add these sums to the posting's buckets at these places, and return the ids of the buckets.

    Raises MoneyError if a bucket's sum exceeds 64 bits; the database transaction is then unusable.
    """
    # The driver cannot send integers beyond 64 bits.
    _, *amounts = zip(*sums.values(), strict=True)
    _check_size(chain.from_iterable(amounts))
    rows = sorted(sums.items())
    days = {day.isoformat(): day for day, _ in sums}
    connection, moment = session.connection(), moment_of_change(session)
    if is_sqlite(session):
        # The next ids may be those of buckets that an unfinished posting will write.
        numbers = count(last_bucket_id(session) + 1)
        updated_at = as_text(moment)
        values = [
            (next(numbers), posting_id, updated_at, place[0].isoformat(), place[1], *of_place)
            for place, of_place in rows
        ]
        written: Sequence[Any] = insert_values(connection, "posting_bucket", ("id", *_BUCKET), values, _ADD)
        places = [(days[row[1]], row[2]) for row in written]
    else:
        columns = zip(*((*place, *of_place) for place, of_place in rows), strict=True)
        try:
            written = connection.exec_driver_sql(_ADD_ARRAYS, (posting_id, moment, *map(list, columns))).all()
        except DataError as error:
            raise MoneyError(SUM_TOO_LARGE) from error
        places = [(row[1], row[2]) for row in written]
    new_ids, _, _, *totals = zip(*written, strict=True)
    _check_size(chain.from_iterable(totals))
    return dict(zip(places, new_ids, strict=True))


def _check_size(sums: Iterable[int | None]) -> None:
    """Raise MoneyError if one of these is beyond 64 bits."""
    given = [one for one in sums if one is not None]
    # Beyond 64 bits, SQLite gives a float instead of refusing it.
    if any(type(one) is not int for one in given) or max(map(abs, given), default=0) > AMOUNT_MINOR_MAX:
        raise MoneyError(SUM_TOO_LARGE)


def insert_transactions(session: Session, rows: Sequence[TransactionRow]) -> None:
    """Insert transactions, and put each into the list of its bucket. Raises IntegrityError if one is recorded."""
    connection = session.connection()
    if is_sqlite(session):
        last = last_row_id(session)
        insert_values(connection, "billing_transaction", TRANSACTION, rows)
        list_after(session, last)
        return
    # Sorted, so that two calls with the same transactions cannot deadlock.
    rows = sorted(rows, key=itemgetter(0))
    ids = next_ids(connection, "billing_transaction", len(rows))
    numbered = list(zip(ids, rows, strict=True))
    copy_in(connection, "billing_transaction", ("id", *TRANSACTION), ((row_id, *row) for row_id, row in numbered))
    listed = sorted((row[1], row_id) for row_id, row in numbered)
    copy_in(connection, "bucket_transaction", ("posting_bucket_id", "transaction_row_id"), listed)

"""Transactions: posted lines of billing activity, which never change."""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ARRAY, BigInteger, Column, ColumnElement, String, any_, literal, select
from sqlmodel import Field, Session, SQLModel, col

from storage.columns import Identifier
from storage.database import is_sqlite
from storage.money import Minor, to_decimal
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.whole_ledger import WHOLE_LEDGER


class Transaction(SQLModel, table=True):
    """A posted line of billing activity. Its date and key are in its bucket."""

    __tablename__ = "billing_transaction"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    transaction_id: str = Field(max_length=255, unique=True)
    posting_bucket_id: int = Field(sa_column=Column(Identifier, nullable=False))
    amount_minor: Minor = Field(sa_column=Column("amount", BigInteger, nullable=False))
    exchange_rate: str | None = Field(default=None, max_length=64)
    home_amount_minor: Minor | None = Field(default=None, sa_column=Column("home_amount", BigInteger))
    account_number: str | None = Field(default=None, max_length=255)
    document_number: str | None = Field(default=None, max_length=255)


@dataclass(frozen=True, slots=True)
class PostedTransaction:
    """A transaction with its bucket and its key."""

    transaction: Transaction
    bucket: PostingBucket
    key: PostingKey

    @property
    def id(self) -> int:
        """The row id, which orders transactions in their bucket."""
        return self.transaction.id

    @property
    def amount(self) -> Decimal:
        """The signed amount in the transaction's currency."""
        return to_decimal(self.transaction.amount_minor, self.key.currency_row)

    @property
    def home_amount(self) -> Decimal | None:
        """The signed amount in the home currency, if there is one."""
        if self.transaction.home_amount_minor is None or self.key.home_currency_row is None:
            return None
        return to_decimal(self.transaction.home_amount_minor, self.key.home_currency_row)

    @property
    def exchange_rate(self) -> Decimal | None:
        """Units of the home currency per unit of the transaction's currency."""
        return None if self.transaction.exchange_rate is None else Decimal(self.transaction.exchange_rate)


@dataclass(slots=True)  # not frozen: that doubles the time to make one
class NewTransaction:
    """A checked transaction, with its amounts in the key's currency and home currency. It never changes."""

    transaction_id: str
    transaction_date: date
    key: PostingKeyFields
    amount_minor: Minor
    exchange_rate: str | None = None
    home_amount_minor: Minor | None = None
    account_number: str | None = None
    document_number: str | None = None


def recorded_transactions(session: Session, ids: Iterable[str]) -> dict[str, PostedTransaction]:
    """The recorded transactions with these transaction ids, of whatever organisation: an id is used once."""
    return _recorded(session, ids, **WHOLE_LEDGER)


def transactions_without_bucket(session: Session, ids: Iterable[str]) -> list[Transaction]:
    """Those with these transaction ids that are of a posting which has not written its buckets yet."""
    rows = session.execute(
        select(Transaction)
        .join(PostingBucket, col(PostingBucket.id) == col(Transaction.posting_bucket_id), isouter=True)
        .where(_has_id(session, ids), col(PostingBucket.id).is_(None)),
        execution_options=WHOLE_LEDGER,
    )
    return list(rows.scalars())


def recorded_transaction(session: Session, transaction_id: str) -> PostedTransaction | None:
    """The recorded transaction with that transaction id."""
    return _recorded(session, [transaction_id]).get(transaction_id)


def _recorded(session: Session, ids: Iterable[str], **options: Any) -> dict[str, PostedTransaction]:
    rows = session.execute(
        select(Transaction, PostingBucket, PostingKey)
        .join(PostingBucket, col(PostingBucket.id) == col(Transaction.posting_bucket_id))
        .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
        .where(_has_id(session, ids))
        # Rates may have been added in this same transaction.
        .execution_options(populate_existing=True, **options)
    )
    return {row[0].transaction_id: PostedTransaction(*row) for row in rows}


def recorded_ids(session: Session, ids: Sequence[str]) -> list[str]:
    """Those of these transaction ids that are recorded, of whatever organisation."""
    values = json.dumps(ids)  # in one text: the driver takes a microsecond for each text of an array
    if is_sqlite(session):
        wanted = "(SELECT value FROM json_each(?))"
        statement = f"SELECT transaction_id FROM billing_transaction WHERE transaction_id IN {wanted}"  # noqa: S608
        return list(session.connection().exec_driver_sql(statement, (values,)).scalars())
    return list(session.connection().exec_driver_sql(_RECORDED, (values,)).scalars())


# LIMIT makes it a look-up of each id, however few rows PostgreSQL believes the table to have.
_RECORDED = """
SELECT found.transaction_id FROM json_array_elements_text(%s::json) AS wanted (id)
    CROSS JOIN LATERAL (SELECT * FROM billing_transaction AS one WHERE one.transaction_id = wanted.id LIMIT 1) AS found
"""


Content = tuple[date, int, Minor, str | None, Minor | None, str | None, str | None]


def content_of(transaction: NewTransaction, key_id: int) -> Content:
    """The content of a transaction, in which the same one sent again is equal; `key_id` is that of its posting key."""
    return (
        transaction.transaction_date,
        key_id,
        transaction.amount_minor,
        transaction.exchange_rate,
        transaction.home_amount_minor,
        transaction.account_number,
        transaction.document_number,
    )


def contents(session: Session, ids: Iterable[str]) -> dict[str, Content]:
    """The content of the recorded transactions with these transaction ids, of whatever organisation."""
    rows = session.execute(
        select(
            col(Transaction.transaction_id),
            col(PostingBucket.posting_date),
            col(PostingBucket.posting_key_id),
            col(Transaction.amount_minor),
            col(Transaction.exchange_rate),
            col(Transaction.home_amount_minor),
            col(Transaction.account_number),
            col(Transaction.document_number),
        )
        .join(PostingBucket, col(PostingBucket.id) == col(Transaction.posting_bucket_id))
        .where(_has_id(session, ids)),
        execution_options=WHOLE_LEDGER,
    )
    return {row[0]: (row[1], row[2], row[3], row[4], row[5], row[6], row[7]) for row in rows}


def _has_id(session: Session, ids: Iterable[str]) -> ColumnElement[bool]:
    column = col(Transaction.transaction_id)
    if is_sqlite(session):
        return column.in_(set(ids))
    # One array parameter instead of thousands of scalars, which PostgreSQL would plan one by one.
    return column == any_(literal(list(ids), ARRAY(String())))

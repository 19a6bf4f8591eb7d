"""Billing transactions, and the posting buckets that they are summed in."""

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, LargeBinary, UniqueConstraint, text
from sqlmodel import Field, Relationship, SQLModel

from storage.columns import Identifier, UtcDateTime, wire_enum
from storage.currencies import Currency, currency_named
from storage.money import to_decimal
from storage.words import TransactionType


class Posting(SQLModel, table=True):
    """One posting: a feed file, or one call that recorded transactions."""

    __tablename__ = "posting"

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    source: str = Field(max_length=1024)
    posted_by: str = Field(max_length=255)
    posted_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


class PostingKey(SQLModel, table=True):
    """The fields, other than the date, that determine the entry of a transaction."""

    __tablename__ = "posting_key"

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    digest: bytes = Field(sa_column=Column(LargeBinary(16), nullable=False, unique=True))
    transaction_type: TransactionType = Field(sa_column=Column(wire_enum(TransactionType), nullable=False))
    debit_code_id: int = Field(sa_column=Column(Identifier, ForeignKey("accounting_code.id"), nullable=False))
    credit_code_id: int = Field(sa_column=Column(Identifier, ForeignKey("accounting_code.id"), nullable=False))
    currency: str = Field(max_length=3)
    home_currency: str | None = Field(default=None, max_length=3)
    organization: str | None = Field(default=None, max_length=255, index=True)
    segments: dict[str, str] = Field(sa_column=Column(JSON, nullable=False))
    currency_row: Currency = Relationship(sa_relationship=currency_named("PostingKey.currency"))
    """The ledger's row of the currency, which has the digits; read with this row."""
    home_currency_row: Currency | None = Relationship(sa_relationship=currency_named("PostingKey.home_currency"))
    """The row of the home currency."""


class PostingBucket(SQLModel, table=True):
    """The count and the exact sums, in minor units, of one posting's transactions with one date and one key.

    A run claims a bucket by setting its run and entry; a bucket without a run is open.
    """

    __tablename__ = "posting_bucket"
    __table_args__ = (
        UniqueConstraint("posting_id", "posting_date", "posting_key_id"),
        Index(
            "open_posting_bucket",
            "posting_date",
            sqlite_where=text("journal_run_id IS NULL"),
            postgresql_where=text("journal_run_id IS NULL"),
        ),
        Index("posting_bucket_by_entry", "journal_entry_id", "id"),
        Index("posting_bucket_by_run", "journal_run_id", "posting_key_id"),
    )

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    posting_id: int = Field(sa_column=Column(Identifier, ForeignKey("posting.id"), nullable=False))
    posting_date: date
    posting_key_id: int = Field(sa_column=Column(Identifier, ForeignKey("posting_key.id"), nullable=False))
    transaction_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    amount: int = Field(sa_column=Column(BigInteger, nullable=False))
    home_amount: int | None = Field(default=None, sa_column=Column(BigInteger))
    journal_run_id: int | None = Field(
        default=None, sa_column=Column(Identifier, ForeignKey("journal_run.id"), nullable=True)
    )
    journal_entry_id: int | None = Field(
        default=None, sa_column=Column(Identifier, ForeignKey("journal_entry.id"), nullable=True)
    )


class Transaction(SQLModel, table=True):
    """A posted line of billing activity. Its date and key are in its bucket."""

    __tablename__ = "billing_transaction"
    __table_args__ = (Index("billing_transaction_by_bucket", "posting_bucket_id", "id"),)

    id: int | None = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    transaction_id: str = Field(max_length=255, unique=True)
    posting_bucket_id: int = Field(sa_column=Column(Identifier, ForeignKey("posting_bucket.id"), nullable=False))
    amount_minor: int = Field(sa_column=Column("amount", BigInteger, nullable=False))
    exchange_rate: str | None = Field(default=None, max_length=64)
    home_amount_minor: int | None = Field(default=None, sa_column=Column("home_amount", BigInteger))
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
        assert self.transaction.id is not None
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

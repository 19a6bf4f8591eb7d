"""Posting buckets: the sums of one posting's transactions with one date and one key."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, ForeignKey, Index, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.clock import updated_at
from storage.columns import Identifier
from storage.money import Minor

_NET_ZERO = "journal_run_id IS NOT NULL AND journal_entry_id IS NULL"


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
        # Open buckets are in it too: the transactions that are in no entry are listed along it.
        Index("posting_bucket_by_entry", "journal_entry_id", "id"),
        Index(
            "posting_bucket_by_run",
            "journal_run_id",
            "posting_key_id",
            sqlite_where=text("journal_run_id IS NOT NULL"),
            postgresql_where=text("journal_run_id IS NOT NULL"),
        ),
        Index(
            "posting_bucket_of_net_zero",
            "journal_run_id",
            "id",
            sqlite_where=text(_NET_ZERO),
            postgresql_where=text(_NET_ZERO),
        ),
        Index("posting_bucket_by_moment", "updated_at", "id"),
        # Transactions are listed along it in the order of their dates.
        Index("posting_bucket_by_date", "posting_date", "id"),
    )

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    posting_id: int = Field(sa_column=Column(Identifier, ForeignKey("posting.id"), nullable=False))
    posting_date: date
    posting_key_id: int = Field(sa_column=Column(Identifier, ForeignKey("posting_key.id"), nullable=False))
    transaction_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    amount_minor: Minor = Field(sa_column=Column("amount", BigInteger, nullable=False))
    home_amount_minor: Minor | None = Field(default=None, sa_column=Column("home_amount", BigInteger))
    journal_run_id: int | None = Field(
        default=None, sa_column=Column(Identifier, ForeignKey("journal_run.id"), nullable=True)
    )
    journal_entry_id: int | None = Field(
        default=None, sa_column=Column(Identifier, ForeignKey("journal_entry.id"), nullable=True)
    )
    updated_at: datetime = Field(default=None, sa_column=updated_at())

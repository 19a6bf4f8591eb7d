"""Journal entries."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, Column, ForeignKey, Index, update
from sqlmodel import Field, Relationship, Session, SQLModel, col, func, select
from sqlmodel.sql.expression import SelectOfScalar

from storage.clock import moment_of_change, updated_at
from storage.columns import Identifier, UtcDateTime, wire_enum
from storage.currencies import Currency, currency_named
from storage.money import Minor, to_decimal
from storage.row_inserts import insert_rows
from storage.whole_ledger import WHOLE_LEDGER
from storage.words import JournalEntryStatus, TransactionType, TransferStatus


class JournalEntry(SQLModel, table=True):
    """A balanced entry: total debits equal total credits, which the database checks."""

    __tablename__ = "journal_entry"
    __table_args__ = (
        CheckConstraint("total_debit = total_credit", name="journal_entry_balances"),
        Index("journal_entry_by_run", "journal_run_id", "id"),
        Index("journal_entry_by_period", "accounting_period_id", "status"),
        Index("journal_entry_by_date", "journal_entry_date", "id"),
        Index("journal_entry_by_moment", "updated_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    number: str = Field(max_length=20, unique=True)
    status: JournalEntryStatus = Field(
        default=JournalEntryStatus.CREATED, sa_column=Column(wire_enum(JournalEntryStatus), nullable=False)
    )
    journal_run_id: int | None = Field(
        default=None, sa_column=Column(Identifier, ForeignKey("journal_run.id"), nullable=True)
    )
    accounting_period_id: int = Field(sa_column=Column(Identifier, ForeignKey("accounting_period.id"), nullable=False))
    journal_entry_date: date
    transaction_type: TransactionType | None = Field(default=None, sa_column=Column(wire_enum(TransactionType)))
    currency: str = Field(max_length=3)
    home_currency: str | None = Field(default=None, max_length=3)
    aggregate_currency: bool = False
    organization_label: str | None = Field(default=None, max_length=255)
    segment_values: list[dict[str, Any]] = Field(sa_column=Column(JSON, nullable=False))
    total_debit_minor: Minor = Field(sa_column=Column("total_debit", BigInteger, nullable=False))
    total_credit_minor: Minor = Field(sa_column=Column("total_credit", BigInteger, nullable=False))
    transaction_count: int = Field(sa_column=Column(BigInteger, nullable=False))
    transferred_to_accounting: TransferStatus = Field(
        default=TransferStatus.NO, sa_column=Column(wire_enum(TransferStatus), nullable=False)
    )
    transferred_at: datetime | None = Field(default=None, sa_column=Column("transfer_date_time", UtcDateTime))
    transferred_by: str | None = Field(default=None, max_length=255)
    notes: str | None = Field(default=None, max_length=2000)
    time_period_start: date
    time_period_end: date
    created_at: datetime = Field(default=None, sa_column=Column(UtcDateTime, nullable=False))
    updated_at: datetime = Field(default=None, sa_column=updated_at())
    currency_row: Currency = Relationship(sa_relationship=currency_named("JournalEntry.currency"))
    """The ledger's row of the currency, which has the digits; read with this row."""

    @property
    def total_debit(self) -> Decimal:
        """The sum of the debit items, in the entry's currency."""
        return to_decimal(self.total_debit_minor, self.currency_row)

    @property
    def total_credit(self) -> Decimal:
        """The sum of the credit items, in the entry's currency."""
        return to_decimal(self.total_credit_minor, self.currency_row)


def entry_numbered(session: Session, number: str) -> JournalEntry | None:
    """The entry with that number."""
    return session.exec(select(JournalEntry).where(JournalEntry.number == number)).one_or_none()


def entries_by_id(session: Session, ids: Iterable[int]) -> dict[int, JournalEntry]:
    """The entries with these ids."""
    rows = session.exec(select(JournalEntry).where(col(JournalEntry.id).in_(set(ids))))
    return {row.id: row for row in rows}


def lock_entries_numbered(session: Session, numbers: Sequence[str]) -> dict[str, JournalEntry]:
    """The entries with these numbers, locked until the transaction ends.

    They are locked in order of id, so that two callers cannot deadlock.
    """
    rows = session.exec(
        select(JournalEntry)
        .where(col(JournalEntry.number).in_(set(numbers)))
        .order_by(col(JournalEntry.id))
        .with_for_update(of=JournalEntry)
    )
    return {row.number: row for row in rows}


def period_has_live_entries(session: Session, period_id: int, *, aggregated: bool) -> bool:
    """Whether the period has a live entry that is, or is not, aggregated in the home currency, of any organisation."""
    found = session.exec(
        select(JournalEntry.id)
        .where(
            JournalEntry.accounting_period_id == period_id,
            JournalEntry.status == JournalEntryStatus.CREATED,
            JournalEntry.aggregate_currency == aggregated,
        )
        .limit(1),
        execution_options=WHOLE_LEDGER,
    )
    return found.first() is not None


def count_live_entries(session: Session, run_id: int) -> int:
    """The number of live entries of the run."""
    return session.exec(
        select(func.count())
        .select_from(JournalEntry)
        .where(JournalEntry.journal_run_id == run_id, JournalEntry.status == JournalEntryStatus.CREATED)
    ).one()


def mark_cancelled(session: Session, entry_ids: Sequence[int] | SelectOfScalar[int]) -> None:
    """Set the status of the entries with these ids, or with those that are selected, to Cancelled."""
    session.execute(
        update(JournalEntry)
        .where(col(JournalEntry.id).in_(entry_ids))
        .values(status=JournalEntryStatus.CANCELLED)
        .execution_options(synchronize_session=False)
    )


def insert_entries(session: Session, run_id: int, entries: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """Insert the live entries of a run, rows by column, all created at one moment. Returns their ids by number."""
    moment = moment_of_change(session)
    common = {
        "status": JournalEntryStatus.CREATED,
        "transferred_to_accounting": TransferStatus.NO,
        "journal_run_id": run_id,
        "created_at": moment,
        "updated_at": moment,
    }
    insert_rows(session, JournalEntry.__table__, [{**common, **entry} for entry in entries])  # type: ignore[attr-defined]
    rows = session.execute(
        select(col(JournalEntry.number), col(JournalEntry.id)).where(JournalEntry.journal_run_id == run_id)
    )
    return {row.number: row.id for row in rows}

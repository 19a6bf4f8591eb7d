"""Journal runs. `runs.states` defines the transitions between statuses."""

from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import JSON, BigInteger, Column, ForeignKey, Index, delete, literal_column, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.clock import updated_at
from storage.columns import Identifier, UtcDateTime, WordList, wire_enum
from storage.deletions import record_deleted_entries, record_deleted_run
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.whole_ledger import WHOLE_LEDGER
from storage.words import JournalRunStatus, TransactionType

RUNNING = (JournalRunStatus.PENDING, JournalRunStatus.PROCESSING)
"""The statuses in which a run prevents another from being created."""


_RUNNING_SQL = text("status IN ({})".format(", ".join(repr(status.value) for status in RUNNING)))

NO_ENTRY = ", so no journal entry was created."
NOTHING_FREE = "The run found no free transactions of its types dated {start} to {end}" + NO_ENTRY
ONE_OF_ZERO = "The only transaction has an amount of zero" + NO_ENTRY
ALL_NET_TO_ZERO = "All {count} transactions net to zero" + NO_ENTRY
"""Why a Completed run created no entries, in the order of `runs.net_zero.notice`."""


class JournalRun(SQLModel, table=True):
    """A process that collects the free transactions of a period, and summarises them into entries."""

    __tablename__ = "journal_run"
    __table_args__ = (
        Index(
            "one_running_journal_run",
            literal_column("(1)"),
            unique=True,
            sqlite_where=_RUNNING_SQL,
            postgresql_where=_RUNNING_SQL,
        ),
        Index("journal_run_by_moment", "updated_at", "id"),
        {"sqlite_autoincrement": True},
    )

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    number: str = Field(max_length=20, unique=True)
    status: JournalRunStatus = Field(sa_column=Column(wire_enum(JournalRunStatus), nullable=False, index=True))
    transaction_types: list[TransactionType] = Field(sa_column=Column(WordList(TransactionType), nullable=False))
    accounting_period_id: int = Field(
        sa_column=Column(Identifier, ForeignKey("accounting_period.id"), nullable=False, index=True)
    )
    target_start_date: date = Field(index=True)
    target_end_date: date
    journal_entry_date: date = Field(index=True)
    organization_labels: list[str] = Field(sa_column=Column(JSON, nullable=False))
    segmentation_rule_id: int | None = Field(
        default=None, sa_column=Column(Identifier, ForeignKey("segmentation_rule.id"))
    )
    segmentation_rule_name: str | None = Field(default=None, max_length=100)
    aggregate_currency: bool = False
    home_currency: str | None = Field(default=None, max_length=3)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    created_by: str = Field(max_length=255)
    executed_at: datetime | None = Field(default=None, sa_column=Column("executed_on", UtcDateTime))
    total_journal_entry_count: int = 0
    transaction_count: int = Field(default=0, sa_column=Column(BigInteger, nullable=False))
    error_message: str | None = Field(default=None, max_length=2000)
    revision: int = 0
    """Number of changes visible to subscribers, so that each is sent once."""
    attempt: int = 0
    """Number of workflows started for this run; part of their ids."""
    updated_at: datetime = Field(default=None, sa_column=updated_at())


def run_numbered(session: Session, number: str) -> JournalRun | None:
    """The run with that number."""
    return session.exec(select(JournalRun).where(JournalRun.number == number)).one_or_none()


def lock_run_numbered(session: Session, number: str) -> JournalRun | None:
    """The run with that number, locked until the transaction ends."""
    return session.exec(select(JournalRun).where(JournalRun.number == number).with_for_update()).one_or_none()


def lock_run(session: Session, run_id: int) -> JournalRun | None:
    """The run with that id, locked until the transaction ends. Every change of a run takes this lock first."""
    return session.exec(select(JournalRun).where(JournalRun.id == run_id).with_for_update()).one_or_none()


def runs_by_id(session: Session, ids: Iterable[int]) -> dict[int, JournalRun]:
    """The runs with these ids."""
    rows = session.exec(select(JournalRun).where(col(JournalRun.id).in_(set(ids))))
    return {row.id: row for row in rows}


def running_run(session: Session) -> JournalRun | None:
    """The run that is Pending or Processing, if there is one; the database allows one at most.

    It may belong to organisations that the session does not see.
    """
    running = select(JournalRun).where(col(JournalRun.status).in_(RUNNING))
    return session.exec(running, execution_options=WHOLE_LEDGER).one_or_none()


def runs_in(session: Session, statuses: Iterable[JournalRunStatus]) -> list[JournalRun]:
    """The runs in any of these statuses, oldest first."""
    return list(
        session.exec(select(JournalRun).where(col(JournalRun.status).in_(list(statuses))).order_by(col(JournalRun.id)))
    )


def numbers_of_runs_for(session: Session, period_id: int) -> list[str]:
    """The numbers of the runs for the accounting period, in any status, oldest first."""
    return list(
        session.exec(
            select(JournalRun.number).where(JournalRun.accounting_period_id == period_id).order_by(col(JournalRun.id))
        )
    )


def numbers_of_runs_booked_on(session: Session, start: date, end: date | None) -> list[tuple[str, date]]:
    """The runs with a journal entry date in the range, with that date, oldest first; no end means an open range."""
    day = col(JournalRun.journal_entry_date)
    in_range = [day >= start] if end is None else [day.between(start, end)]
    rows = session.execute(select(col(JournalRun.number), day).where(*in_range).order_by(col(JournalRun.id)))
    return [(row[0], row[1]) for row in rows]


def lock_run_of_entry(session: Session, number: str) -> JournalRun | None:
    """The run that created the entry with that number, locked until the transaction ends. The entry is not locked.

    It may belong to organisations that the session does not see.
    """
    run_id = select(JournalEntry.journal_run_id).where(JournalEntry.number == number).scalar_subquery()
    run = select(JournalRun).where(col(JournalRun.id) == run_id).with_for_update()
    return session.exec(run, execution_options=WHOLE_LEDGER).one_or_none()


def delete_entries_of_run(session: Session, run: JournalRun, limit: int) -> int:
    """Delete up to `limit` entries of the run, with their items and outcomes. Returns how many."""
    entries = select(JournalEntry.id).where(JournalEntry.journal_run_id == run.id).order_by(col(JournalEntry.id))
    # Locked before the clock is, as everywhere.
    last = session.exec(select(func.max(entries.limit(limit).with_for_update().subquery().c.id))).one()
    if last is None:
        return 0
    ids = entries.where(col(JournalEntry.id) <= last).order_by(None)
    record_deleted_entries(session, ids, run.number, run.organization_labels)
    session.execute(delete(EntryCancelOutcome).where(col(EntryCancelOutcome.journal_entry_id).in_(ids)))
    session.execute(delete(JournalEntryItem).where(col(JournalEntryItem.journal_entry_id).in_(ids)))
    of_run = delete(JournalEntry).where(col(JournalEntry.journal_run_id) == run.id, col(JournalEntry.id) <= last)
    return session.connection().execute(of_run).rowcount


def delete_run_rows(session: Session, run: JournalRun) -> None:
    """Delete the run and its cancellations. Its number is never used again; its audit trail stays."""
    record_deleted_run(session, run.id, run.number, run.organization_labels)
    session.execute(delete(Cancellation).where(col(Cancellation.journal_run_id) == run.id))
    session.execute(delete(JournalRun).where(col(JournalRun.id) == run.id))

"""Cancellations of runs, and the outcome for each entry, which subscribers follow."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Column, ForeignKey, Index, Integer, UniqueConstraint
from sqlmodel import Field, Session, SQLModel, col, func, select

from storage.columns import Identifier, UtcDateTime, wire_enum
from storage.pages import Key, Order, Page, Window, counts_by_parent, pages_by_parent
from storage.words import CancelOutcome


class Cancellation(SQLModel, table=True):
    """A cancellation of a run, and its progress."""

    __tablename__ = "cancellation"
    __table_args__ = (Index("cancellation_by_run", "journal_run_id", "id"), {"sqlite_autoincrement": True})

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    journal_run_id: int = Field(sa_column=Column(Identifier, ForeignKey("journal_run.id"), nullable=False))
    started_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    started_by: str = Field(max_length=255)
    finished_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    cancelled_count: int = Field(default=0, sa_column=Column("canceled_count", Integer, nullable=False))
    failed_count: int = 0
    remaining_count: int = 0

    @property
    def entry_count(self) -> int:
        """The number of entries to try: those that were live when the cancellation was requested."""
        return self.cancelled_count + self.failed_count + self.remaining_count


class EntryCancelOutcome(SQLModel, table=True):
    """The outcome for one entry, and the cancellation's counts after it.

    `sequence` is assigned under the run's lock, so it has no gaps and higher numbers are committed later.
    """

    __tablename__ = "entry_cancel_outcome"
    __table_args__ = (
        UniqueConstraint("cancellation_id", "sequence"),
        UniqueConstraint("cancellation_id", "journal_entry_id"),
    )

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    cancellation_id: int = Field(sa_column=Column(Identifier, ForeignKey("cancellation.id"), nullable=False))
    sequence: int
    journal_entry_id: int = Field(
        sa_column=Column(Identifier, ForeignKey("journal_entry.id"), nullable=False, index=True)
    )
    outcome: CancelOutcome = Field(sa_column=Column(wire_enum(CancelOutcome), nullable=False))
    code: str | None = Field(default=None, max_length=100)
    message: str | None = Field(default=None, max_length=1000)
    cancelled_count: int = Field(sa_column=Column("canceled_count", Integer, nullable=False))
    failed_count: int
    remaining_count: int
    recorded_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


def cancellation_with_id(session: Session, cancellation_id: int) -> Cancellation | None:
    """The cancellation with that id."""
    return session.get(Cancellation, cancellation_id)


def latest_cancellations(session: Session, run_ids: Iterable[int]) -> dict[int, Cancellation]:
    """The latest cancellation of each of these runs."""
    latest = (
        select(func.max(col(Cancellation.id)))
        .where(col(Cancellation.journal_run_id).in_(set(run_ids)))
        .group_by(col(Cancellation.journal_run_id))
    )
    rows = session.exec(select(Cancellation).where(col(Cancellation.id).in_(latest)))
    return {row.journal_run_id: row for row in rows}


def latest_cancellation(session: Session, run_id: int) -> Cancellation | None:
    """The latest cancellation of the run."""
    return latest_cancellations(session, [run_id]).get(run_id)


def outcomes_after(session: Session, cancellation_id: int, sequence: int, limit: int) -> list[EntryCancelOutcome]:
    """Up to `limit` outcomes of the cancellation after the sequence number, in order."""
    return list(
        session.exec(
            select(EntryCancelOutcome)
            .where(EntryCancelOutcome.cancellation_id == cancellation_id, EntryCancelOutcome.sequence > sequence)
            .order_by(col(EntryCancelOutcome.sequence))
            .limit(limit)
        )
    )


OUTCOMES: Order[EntryCancelOutcome] = Order(
    "outcomes",
    [
        Key("cancellation_id", col(EntryCancelOutcome.cancellation_id), int, lambda outcome: outcome.cancellation_id),
        Key("sequence", col(EntryCancelOutcome.sequence), int, lambda outcome: outcome.sequence),
    ],
)
"""Outcomes in order of sequence. The subscription uses the same cursors."""


def outcomes_of_cancellations(
    session: Session, cancellation_ids: Iterable[int], window: Window
) -> dict[int, Page[EntryCancelOutcome]]:
    """One page of each cancellation's outcomes, in one statement."""
    parent = col(EntryCancelOutcome.cancellation_id)
    return pages_by_parent(session, EntryCancelOutcome, parent, cancellation_ids, [], OUTCOMES, window)


def count_outcomes_of_cancellations(session: Session, cancellation_ids: Iterable[int]) -> dict[int, int]:
    """The number of outcomes of each cancellation so far, in one statement."""
    return counts_by_parent(session, col(EntryCancelOutcome.cancellation_id), cancellation_ids, [])

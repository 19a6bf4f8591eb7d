"""What has been deleted: the names of runs, entries and items stay, for readers who have read them before."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import JSON, Column, Index, insert, literal, select
from sqlmodel import Field, Session, SQLModel, col
from sqlmodel.sql.expression import SelectOfScalar

from storage.clock import moment_of_change, updated_at
from storage.columns import Identifier, wire_enum
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem


class Deleted(StrEnum):
    """What was deleted. The texts are in every ledger, so they never change."""

    RUN = "JournalRun"
    ENTRY = "JournalEntry"
    ITEM = "JournalEntryItem"


class Deletion(SQLModel, table=True):
    """A run, an entry or an item that has been deleted. It is never removed: numbers are not used again.

    `row_id` is the id that the run or the entry had; an item has its entry's number and row id, and its own position.
    """

    __tablename__ = "deletion"
    __table_args__ = (Index("deletion_by_moment", "deleted", "updated_at", "row_id", "position"),)

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    deleted: Deleted = Field(sa_column=Column(wire_enum(Deleted), nullable=False))
    row_id: int = Field(sa_column=Column(Identifier, nullable=False))
    position: int = 0
    number: str = Field(max_length=20)
    journal_run_number: str | None = Field(default=None, max_length=20)
    organization_label: str | None = Field(default=None, max_length=255)
    organization_labels: list[str] = Field(sa_column=Column(JSON, nullable=False))
    """The organisations that the run collected, to which it and the number of it belong."""
    updated_at: datetime = Field(default=None, sa_column=updated_at())


def record_deleted_entries(
    session: Session, entry_ids: SelectOfScalar[int], run_number: str, organization_labels: list[str]
) -> None:
    """Record that the entries with these ids, of that run, are about to be deleted, with their items."""
    entry, item, into = JournalEntry, JournalEntryItem, Deletion.__table__  # type: ignore[attr-defined]
    common = {
        "row_id": col(entry.id),
        "number": col(entry.number),
        "journal_run_number": literal(run_number),
        "organization_label": col(entry.organization_label),
        "organization_labels": literal(organization_labels, into.c.organization_labels.type),
        "updated_at": literal(moment_of_change(session), into.c.updated_at.type),
    }
    word = into.c.deleted.type
    entries = {"deleted": literal(Deleted.ENTRY, word), "position": literal(0), **common}
    items = {"deleted": literal(Deleted.ITEM, word), "position": col(item.position), **common}
    for columns, rows in (
        (entries, select(*entries.values())),
        (items, select(*items.values()).join(item, col(item.journal_entry_id) == entry.id)),
    ):
        session.execute(insert(into).from_select(list(columns), rows.where(col(entry.id).in_(entry_ids))))


def record_deleted_run(session: Session, run_id: int, number: str, organization_labels: list[str]) -> None:
    """Record that the run is about to be deleted."""
    session.add(
        Deletion(
            deleted=Deleted.RUN, row_id=run_id, number=number, journal_run_number=number,
            organization_labels=organization_labels,
        )
    )  # fmt: skip
    session.flush()

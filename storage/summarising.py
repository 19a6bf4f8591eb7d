"""Inserting the entries of a run, all in one transaction."""

from collections.abc import Sequence

from sqlalchemy import insert
from sqlmodel import Session, col

from storage.journal_entries import JournalEntry, JournalEntryItem


def insert_entries(session: Session, entries: Sequence[JournalEntry]) -> list[int]:
    """Insert the entries. Returns their ids, in the same order."""
    if not entries:
        return []
    rows = [entry.model_dump(exclude={"id"}) for entry in entries]
    statement = insert(JournalEntry).returning(col(JournalEntry.id), sort_by_parameter_order=True)
    return list(session.execute(statement, rows).scalars())


def insert_items(session: Session, items: Sequence[JournalEntryItem]) -> None:
    """Insert the items of entries."""
    if items:
        session.execute(insert(JournalEntryItem), [item.model_dump(exclude={"id"}) for item in items])

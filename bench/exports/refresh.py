"""Refreshing a copy of the items: what has changed since a moment, next to everything anew."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

from sqlmodel import col, update

from storage.bi.questions import Compare, Comparison, Question, Value
from storage.bi.reading import as_of, rows, views_of
from storage.database import Database
from storage.journal_entries import JournalEntry

_PAGE = 10_000
_CHANGED = (0, 10, 1_000)
"""Entries that change between two refreshes."""

_EVER = datetime(1970, 1, 1, tzinfo=UTC)


def refreshes(name: str, url: str) -> Iterator[str]:
    """The rows of a table: how many entries have changed, the items that were read, and how long that took."""
    database = Database(url)
    for entries in _CHANGED:
        since = as_of(database)
        with database.write() as session:
            changed = update(JournalEntry).where(col(JournalEntry.id) <= entries).values(notes=f"changed {entries}")
            session.execute(changed.execution_options(synchronize_session=False))
        yield _told(name, f"{entries:,} entries", *_read(database, since))
    yield _told(name, "everything", *_read(database, _EVER))
    database.close()


def _read(database: Database, since: datetime) -> tuple[int, float]:
    """The items that have changed since, as `/bi` reads them in pages, and the seconds that it took."""
    view = views_of(database)["bi_journal_entry_items"]
    where = Compare("updated_at", Comparison.GREATER, since)
    after: list[Value] | None = None
    count, started = 0, time.perf_counter()
    while True:
        page = rows(database, view, Question(view.names, where, after=after, limit=_PAGE))
        count += len(page)
        if len(page) < _PAGE:
            return count, time.perf_counter() - started
        after = list(page[-1].position)


def _told(name: str, changed: str, items: int, seconds: float) -> str:
    return f"| {name} | {changed} | {items:,} | {seconds * 1000:,.1f} |"

"""The ledger whose items are exported: one run by the product itself, whose entries are then copied by SQL."""

from collections.abc import Mapping

from sqlalchemy import text
from sqlmodel import SQLModel

from bench.run_ledger import Size, fill_by_sql
from storage.database import Database
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from tests.support.direct_runs import run_now

ITEMS_PER_ENTRY = 4
_ENTRIES = 2_500

_COPIED: Mapping[type[SQLModel], Mapping[str, str]] = {
    JournalEntry: {
        "id": "id + :further",
        "number": "number || :suffix",
        "total_debit": "total_debit * :times",
        "total_credit": "total_credit * :times",
    },
    JournalEntryItem: {
        "id": "id + :further * {ITEMS_PER_ENTRY}",
        "journal_entry_id": "journal_entry_id + :further",
        "amount": "amount * :times",
    },
}
"""What differs in a copy."""


def make_ledger(url: str, items: int) -> None:
    """Fill a new database with so many items, of entries that differ in their country and amounts."""
    database = Database(url)
    entries = min(_ENTRIES, items // ITEMS_PER_ENTRY)
    size = Size(transactions=entries * 6, countries=entries, codes=ITEMS_PER_ENTRY - 1, days=1)
    fill_by_sql(database, size)
    run_now(database)
    with database.write() as session:
        for copy in range(1, items // ITEMS_PER_ENTRY // entries):
            for table, differing in _COPIED.items():
                values = {"further": copy * entries, "suffix": f"-{copy}", "times": copy + 1, "last": entries}
                session.execute(text(_copy(table, differing)), values)
    if not database.is_sqlite:
        with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))
    database.close()


def _copy(table: type[SQLModel], differing: Mapping[str, str]) -> str:
    names = [column.name for column in table.__table__.columns]  # type: ignore[attr-defined]
    values = ", ".join(differing.get(name, name).format(ITEMS_PER_ENTRY=ITEMS_PER_ENTRY) for name in names)
    entry = "id" if table is JournalEntry else "journal_entry_id"
    return (
        f"INSERT INTO {table.__tablename__} ({', '.join(names)}) SELECT {values} FROM {table.__tablename__}"  # noqa: S608
        f" WHERE {entry} <= :last"
    )

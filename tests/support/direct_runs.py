"""Runs created and cancelled directly, by the same functions, without a gateway."""

from datetime import date

from sqlmodel import col, select

from runs.cancel import cancel_batch, start_cancellation
from runs.create import begin, insert_run, make_entries
from runs.create_rules import RunDraft, check
from storage.accounting_codes import AccountingCode
from storage.database import Database
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import items_by_entry
from storage.journal_runs import JournalRun, lock_run, lock_run_numbered
from storage.settings import Ledger
from storage.words import TransactionType
from tests.support.ledger import keep

Items = list[tuple[str, str, str, str | None]]

DECEMBER = RunDraft(
    transaction_types=[TransactionType.INVOICE_ITEM, TransactionType.TAXATION_ITEM],
    journal_entry_date=date(2024, 12, 31),
    accounting_period_name="Dec 2024",
)


def run_now(database: Database, ledger: Ledger | None = None, draft: RunDraft = DECEMBER) -> JournalRun:
    """A processed run; a violation fails the test."""
    if ledger is not None:
        keep(database, ledger)
    with database.write() as session:
        run_id = insert_run(session, check(session, draft), "test").id
        assert begin(session, run_id)
    with database.write() as session:
        make_entries(session, run_id)
        run = lock_run(session, run_id)
    assert run is not None
    return run


def cancel_now(database: Database, number: str, batch: int = 100) -> JournalRun:
    """The run after a cancellation in batches."""
    with database.write() as session:
        run = lock_run_numbered(session, number)
        assert run is not None
        start_cancellation(session, run, "test")
    left = True
    while left:
        with database.write() as session:
            left = cancel_batch(session, run.id, batch, batch)
            run = lock_run_numbered(session, number)
            assert run is not None
    return run


def entries_of(database: Database, run: JournalRun) -> list[JournalEntry]:
    """The run's entries, in their order."""
    with database.read() as session:
        statement = select(JournalEntry).where(JournalEntry.journal_run_id == run.id).order_by(col(JournalEntry.id))
        return list(session.exec(statement))


def items_of(database: Database, entry: JournalEntry) -> Items:
    """The side, accounting code, amount and home amount of each item of the entry."""
    with database.read() as session:
        names = {code.id: code.name for code in session.exec(select(AccountingCode))}
        return [
            (
                item.type.value,
                names[item.accounting_code_id],
                str(item.amount),
                None if item.home_amount is None else str(item.home_amount),
            )
            for item in items_by_entry(session, [entry.id]).get(entry.id, [])
        ]

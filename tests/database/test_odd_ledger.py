"""The odd ledger, in which answers are compared, is one that could be."""

from sqlmodel import col, func, select

from storage.cancellations import Cancellation
from storage.database import Database
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus
from tests.support.odd_ledger import fill_oddly


def test_the_odd_ledger_satisfies_the_conservation_rules(empty_database: Database) -> None:
    fill_oddly(empty_database)
    with empty_database.read() as session:
        statuses = set(session.exec(select(JournalRun.status)))
        run_id = col(Cancellation.journal_run_id)
        often = session.exec(select(run_id).group_by(run_id).having(func.count() > 1)).all()
    assert statuses == set(JournalRunStatus)
    assert often
    # The fixture checks the rules after the test.

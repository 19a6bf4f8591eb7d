"""One run at a time is Pending or Processing: the database's own index has the statuses that the code has."""

import re

from sqlalchemy import text

from storage.database import Database
from storage.journal_runs import RUNNING


def test_the_unique_index_has_the_statuses_of_a_running_run(empty_database: Database) -> None:
    sqlite = "SELECT sql FROM sqlite_master WHERE name = 'one_running_journal_run'"
    postgresql = "SELECT indexdef FROM pg_indexes WHERE indexname = 'one_running_journal_run'"
    with empty_database.read() as session:
        index = session.execute(text(sqlite if empty_database.is_sqlite else postgresql)).scalar_one()
    assert sorted(re.findall("'(.+?)'", index)) == sorted(status.value for status in RUNNING)

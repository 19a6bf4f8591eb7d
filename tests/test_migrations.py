"""The migrations make exactly the tables that the code works with."""

import warnings

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

from storage.database import Database, DatabaseError
from storage.migration import check_version, migrate, newest_version
from storage.tables import TABLES


def test_a_new_database_gets_every_table_and_a_second_migration_changes_nothing(empty_database: Database) -> None:
    assert migrate(empty_database) == (newest_version(), newest_version())
    with empty_database.reader.connect() as connection, warnings.catch_warnings():
        # Alembic cannot reflect the index over a constant that lets one run work at a time.
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [
            difference
            for difference in compare_metadata(context, SQLModel.metadata)
            if "one_running_journal_run" not in repr(difference)
        ]
    assert len(TABLES) == len(SQLModel.metadata.tables)
    assert differences == []


def test_the_database_itself_lets_only_one_run_be_pending_or_processing(database: Database) -> None:
    insert = text(
        "INSERT INTO journal_run (number, status, transaction_types, accounting_period_id, target_start_date,"
        " target_end_date, journal_entry_date, organization_labels, aggregate_currency, created_at, created_by,"
        " total_journal_entry_count, transaction_count, revision, attempt) VALUES (:number, :status, '[]', 1,"
        " '2024-12-01', '2024-12-31', '2024-12-31', '[]', false, '2024-12-31', 'test', 0, 0, 0, 0)"
    )
    with database.write() as session:
        session.execute(insert, {"number": "JR-1", "status": "Pending"})
        session.execute(insert, {"number": "JR-2", "status": "Completed"})
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(insert, {"number": "JR-3", "status": "Processing"})


def test_a_database_of_a_newer_version_is_refused_untouched(empty_database: Database) -> None:
    with empty_database.write() as session:
        session.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    for check in (migrate, check_version):
        with pytest.raises(DatabaseError, match="9999, which is newer than this release knows"):
            check(empty_database)

"""The migrations make exactly the tables that the code works with."""

import warnings
from contextlib import closing
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel

import storage.migration
from resolvers.access import KeyRefused, create_api_key
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


def test_the_name_of_a_revoked_key_is_free_after_the_migration_and_keys_tokens_and_transfers_are_kept(
    database_url: str,
) -> None:
    insert_keys = text(
        "INSERT INTO api_key (id, client_id, name, secret_hash, permissions, created_at, revoked_at) VALUES"
        " (7, 'a', 'Old', 'x', '[]', '2024-12-31', '2025-01-31'), (9, 'b', 'New', 'y', '[]', '2024-12-31', NULL)"
    )
    insert_token = text(
        "INSERT INTO access_token (id, token_hash, api_key_id, expires_at) VALUES (3, 'z', 9, '2099-12-31')"
    )
    insert_entry = text(
        "INSERT INTO journal_entry (number, status, accounting_period_id, journal_entry_date, currency,"
        " aggregate_currency, segment_values, total_debit, total_credit, transaction_count, transferred_to_accounting,"
        " transferred_by, time_period_start, time_period_end) VALUES (:number, 'Created', 1, '2024-12-31', 'GBP',"
        " false, '[]', 0, 0, 0, 'Yes', :by, '2024-12-01', '2024-12-31')"
    )
    with closing(Database(database_url)) as database:
        with database.writer.begin() as connection:
            at_version(connection, "0003")
            connection.execute(insert_keys)
            connection.execute(insert_token)
            connection.execute(
                text("INSERT INTO accounting_period (name, start_date, status) VALUES ('P', '2024-12-01', 'Open')")
            )
            for number, by in (("JE-1", "API key API key 2"), ("JE-2", "anonymous")):
                connection.execute(insert_entry, {"number": number, "by": by})

        migrate(database)

        create_api_key(database, "Old", [], actor="test")
        with pytest.raises(KeyRefused, match="'New' already exists"):
            create_api_key(database, "New", [], actor="test")
        with database.read() as session:
            keys = session.execute(text("SELECT id, client_id, name FROM api_key WHERE id > 5 ORDER BY id")).all()
            assert [tuple(key) for key in keys][:2] == [(7, "a", "Old"), (9, "b", "New")]
            found = session.execute(
                text("SELECT k.client_id FROM access_token t JOIN api_key k ON k.id = t.api_key_id WHERE t.id = 3")
            )
            assert found.scalar_one() == "b"
            names = session.execute(text("SELECT transferred_by FROM journal_entry ORDER BY number")).scalars()
            assert list(names) == ["API key 2", "anonymous"]
        with pytest.raises(IntegrityError), database.write() as session:
            session.execute(text("UPDATE access_token SET api_key_id = 1000"))


def at_version(connection: Connection, version: str) -> None:
    """Make the tables of an earlier version."""
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migration.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)

"""The migrations create exactly the tables that the code uses."""

import warnings
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import SQLModel, col, select

import storage.migration
from resolvers.access import KeyRefused, create_api_key, list_api_keys
from resolvers.import_transactions import import_transactions
from runs.create_rules import RunDraft
from storage.audit import AuditEvent
from storage.conservation import broken_rules
from storage.database import Database, DatabaseError
from storage.journal_entries import JournalEntry
from storage.migration import check_version, migrate, newest_version
from storage.posting_keys import PostingKey, PostingKeyFields
from storage.settings import Ledger
from storage.tables import TABLES
from storage.words import JournalRunStatus, Permission, TransactionType
from tests.support.direct_runs import cancel_now, entries_of, items_of, run_now
from tests.support.ledger import refuse


def test_a_new_database_gets_every_table_and_a_second_migration_changes_nothing(empty_database: Database) -> None:
    assert migrate(empty_database) == (newest_version(), newest_version())
    with empty_database.reader.connect() as connection, warnings.catch_warnings():
        # Alembic cannot reflect the index over a constant that allows one running run.
        warnings.simplefilter("ignore")
        context = MigrationContext.configure(connection, opts={"compare_type": False})
        differences = [
            difference
            for difference in compare_metadata(context, SQLModel.metadata)
            if "one_running_journal_run" not in repr(difference)
        ]
    assert len(TABLES) == len(SQLModel.metadata.tables)
    assert differences == []


def test_the_database_itself_allows_only_one_pending_or_processing_run(database: Database) -> None:
    insert = text(
        "INSERT INTO journal_run (number, status, transaction_types, accounting_period_id, target_start_date,"
        " target_end_date, journal_entry_date, organization_labels, aggregate_currency, created_at, created_by,"
        " total_journal_entry_count, transaction_count, revision, attempt, updated_at) VALUES (:number, :status, '[]',"
        " 1, '2024-12-01', '2024-12-31', '2024-12-31', '[]', false, '2024-12-31', 'test', 0, 0, 0, 0, '2024-12-31')"
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
        with pytest.raises(DatabaseError, match="9999, which is newer than this release"):
            check(empty_database)


def test_the_migration_frees_only_the_names_of_revoked_keys(
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


def test_the_keys_of_an_earlier_version_neither_expire_nor_are_limited(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with database.writer.begin() as connection:
            at_version(connection, "0006")
            connection.execute(
                text(
                    "INSERT INTO api_key (id, client_id, name, secret_hash, permissions, created_at) VALUES"
                    " (7, 'a', 'Old', 'x', '[\"View journal runs\"]', '2024-12-31')"
                )
            )

        migrate(database)

        (key,) = list_api_keys(database)
        assert (key.name, key.permissions) == ("Old", [Permission.VIEW_JOURNAL_RUNS])
        assert (key.expires_at, key.organizations) == (None, None)


ENTRIES_OF_0005 = """
INSERT INTO accounting_period (id, name, start_date, status) VALUES (1, 'P', '2024-12-01', 'Open');
INSERT INTO journal_run (id, number, status, transaction_types, accounting_period_id, target_start_date,
  target_end_date, journal_entry_date, organization_labels, aggregate_currency, created_at, created_by, executed_on,
  total_journal_entry_count, transaction_count, revision, attempt) VALUES
  (1, 'JR-1', 'Completed', '[]', 1, '2024-12-01', '2024-12-31', '2024-12-31', '[]', false,
   '2025-01-01 00:00:00.000000', 'test', '2025-01-02 00:00:00.000000', 4, 4, 0, 0);
INSERT INTO journal_entry (id, number, status, journal_run_id, accounting_period_id, journal_entry_date, currency,
  aggregate_currency, segment_values, total_debit, total_credit, transaction_count, transferred_to_accounting,
  transfer_date_time, time_period_start, time_period_end) VALUES
  (1, 'JE-1', 'Created', 1, 1, '2024-12-31', 'GBP', false, '[]', 0, 0, 1, 'No', NULL, '2024-12-01', '2024-12-31'),
  (2, 'JE-2', 'Created', 1, 1, '2024-12-31', 'GBP', false, '[]', 0, 0, 1, 'Yes', '2025-01-03 00:00:00.000000',
   '2024-12-01', '2024-12-31'),
  (3, 'JE-3', 'Cancelled', 1, 1, '2024-12-31', 'GBP', false, '[]', 0, 0, 1, 'No', NULL, '2024-12-01', '2024-12-31'),
  (4, 'JE-4', 'Created', 1, 1, '2024-12-31', 'GBP', false, '[]', 0, 0, 1, 'Yes', '2025-01-03 00:00:00.000000',
   '2024-12-01', '2024-12-31');
INSERT INTO cancellation (id, journal_run_id, started_at, started_by, canceled_count, failed_count, remaining_count)
  VALUES (1, 1, '2025-01-04 00:00:00.000000', 'test', 1, 1, 0);
INSERT INTO entry_cancel_outcome (cancellation_id, sequence, journal_entry_id, outcome, canceled_count, failed_count,
  remaining_count, recorded_at) VALUES
  (1, 1, 2, 'Failed', 0, 1, 1, '2025-01-04 00:00:00.000000'),
  (1, 2, 3, 'Canceled', 1, 1, 0, '2025-01-05 00:00:00.000000');
INSERT INTO audit_event (occurred_at, actor, action, subject_type, subject) VALUES
  ('2025-01-06 00:00:00.000000', 'test', 'set notes', 'JournalEntry', 'JE-4');
"""


def test_the_migration_gives_entries_the_latest_moments_that_are_known(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with database.writer.begin() as connection:
            at_version(connection, "0005")
            connection.execute(
                text("INSERT INTO currency (code, digits, withdrawn) SELECT 'GBP', 2, false"),
            )
            for statement in ENTRIES_OF_0005.split(";\n")[:-1]:
                connection.execute(text(statement))

        migrate(database)

        with database.read() as session:
            entries = session.exec(select(JournalEntry).order_by(col(JournalEntry.id))).all()
            assert {entry.created_at for entry in entries} == {datetime(2025, 1, 2, tzinfo=UTC)}
            # Entries 1 to 4: never changed; transferred, then not cancelled; cancelled; transferred, then annotated.
            assert [entry.updated_at.day for entry in entries] == [2, 3, 5, 6]


TRANSACTIONS_OF_0008 = """
INSERT INTO currency (code, digits, withdrawn) SELECT 'GBP', 2, false WHERE NOT EXISTS (SELECT 1 FROM currency);
INSERT INTO accounting_code (id, name, type, status) VALUES (1, 'AR', 'Assets', 'Active'), (2, 'Sales', 'X', 'Active');
INSERT INTO posting (id, source, posted_by, posted_at) VALUES (1, 'recordTransactions', 'test', '2024-12-06');
INSERT INTO posting_key (id, digest, transaction_type, debit_code_id, credit_code_id, currency, segments)
  VALUES (1, :digest, 'Invoice Item', 1, 2, 'GBP', '{}');
INSERT INTO posting_bucket (id, posting_id, posting_date, posting_key_id, transaction_count, amount) VALUES
  (7, 1, '2024-12-05', 1, 2, 2000), (6, 1, '2024-12-06', 1, 1, 1000);
INSERT INTO billing_transaction (id, transaction_id, posting_bucket_id, amount) VALUES
  (3, 'a', 7, 1000), (1, 'b', 7, 1000), (2, 'c', 6, 1000);
"""


def test_the_migration_lists_the_transactions_of_each_bucket(database_url: str) -> None:
    with closing(Database(database_url)) as database:
        with database.writer.begin() as connection:
            at_version(connection, "0008")
            for statement in TRANSACTIONS_OF_0008.split(";\n")[:-1]:
                connection.execute(text(statement), {"digest": b"x" * 16} if ":digest" in statement else {})

        migrate(database)

        with database.read() as session:
            listed = session.execute(text("SELECT * FROM bucket_transaction ORDER BY 1, 2")).all()
            assert [tuple(row) for row in listed] == [(6, 2), (7, 1), (7, 3)]
            assert broken_rules(session) == []
            tables = inspect(session.connection())
            assert tables.get_foreign_keys("billing_transaction") == []
            assert [one["column_names"] for one in tables.get_unique_constraints("billing_transaction")] == [
                ["transaction_id"]
            ]
            if database.is_sqlite:
                assert session.execute(text("PRAGMA integrity_check")).scalars().all() == ["ok"]
        # The connections that were open before see the tables as they are now.
        with database.write() as session:
            session.execute(text("DELETE FROM posting_bucket WHERE id = 6"))
        with database.read() as session:
            assert broken_rules(session) != []


TEXTS_OF_0003 = """
INSERT INTO accounting_code (id, name, type, status, gl_account_name) VALUES
  (1, 'Cafe\u0301', 'Sales ', 'Active', ' '), (2, 'Cash', 'Cash', 'Active', NULL), (3, ' Cash', 'Cash', 'Active', NULL);
INSERT INTO accounting_period (id, name, start_date, end_date, status) VALUES
  (1, 'Dec\u3000', '2024-12-01', '2024-12-31', 'Open');
INSERT INTO segment (name) VALUES ('country '), ('product');
INSERT INTO segmentation_rule (id, name, active) VALUES (1, ' By country', true);
INSERT INTO segmentation_rule_segment (segmentation_rule_id, transaction_type, position, segment_name) VALUES
  (1, NULL, 0, 'country ');
INSERT INTO posting (id, source, posted_by, posted_at) VALUES (1001, 'recordTransactions', 'test', '2024-12-31');
INSERT INTO posting_key (id, digest, transaction_type, debit_code_id, credit_code_id, currency, organization, segments)
  VALUES (1001, :digest, 'Invoice Item', 2, 1, 'GBP', 'Nord ', '{"country ": "Cafe\u0301"}');
INSERT INTO posting_bucket (id, posting_id, posting_date, posting_key_id, transaction_count, amount) VALUES
  (1001, 1001, '2024-12-05', 1001, 9, 9000);
INSERT INTO billing_transaction (id, transaction_id, posting_bucket_id, amount, document_number, account_number) VALUES
  (1, 'SP1 ', 1001, 1000, 'D ', ' '), (2, 'SP2', 1001, 1000, NULL, NULL), (3, ' SP2', 1001, 1000, NULL, 'A'),
  (4, 'e\u0301', 1001, 1000, NULL, NULL), (5, '\u3000SP5\u3000', 1001, 1000, NULL, NULL),
  (6, '\u3000SP5', 1001, 1000, NULL, NULL), (7, 'SP\u200b7', 1001, 1000, NULL, NULL),
  (8, 'SP8' || :tab, 1001, 1000, NULL, NULL), (9, 'plain 9', 1001, 1000, NULL, NULL);
"""


@pytest.mark.filterwarnings("ignore::UserWarning")
def test_the_migration_normalises_texts_except_where_they_would_collide(
    database_url: str, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(Database(database_url)) as database:
        with database.writer.begin() as connection:
            at_version(connection, "0003")
            for statement in TEXTS_OF_0003.split(";\n")[:-1]:
                values: dict[str, object] = {"digest": b"0123456789abcdef"} if ":digest" in statement else {}
                values |= {"tab": "\t"} if ":tab" in statement else {}
                connection.execute(text(statement), values)

        migrate(database)

        with database.read() as session:

            def column(query: str) -> list[object]:
                return list(session.execute(text(query)).scalars())

            assert column("SELECT transaction_id FROM billing_transaction ORDER BY id") == [
                "SP1",
                "SP2",
                " SP2",
                "\u00e9",
                "SP5",
                "\u3000SP5",
                "SP\u200b7",
                "SP8",
                "plain 9",
            ]
            assert column("SELECT document_number FROM billing_transaction ORDER BY id")[:2] == ["D", None]
            assert column("SELECT account_number FROM billing_transaction ORDER BY id")[:3] == [None, None, "A"]
            assert column("SELECT name FROM accounting_code ORDER BY id") == ["Caf\u00e9", "Cash", " Cash"]
            assert column("SELECT type FROM accounting_code ORDER BY id") == ["Sales", "Cash", "Cash"]
            assert column("SELECT gl_account_name FROM accounting_code ORDER BY id") == [None] * 3
            assert column("SELECT name FROM accounting_period") == ["Dec"]
            assert column("SELECT name FROM segment ORDER BY name") == ["country", "product"]
            assert column("SELECT segment_name FROM segmentation_rule_segment") == ["country"]
            assert column("SELECT name FROM segmentation_rule") == ["By country"]
            key = session.exec(select(PostingKey)).one()
            assert (key.organization, key.segments) == ("Nord", {"country": "Caf\u00e9"})
            # An owner finds what is left in the audit trail, and in the log of the migration.
            left = [(event.subject_type, event.subject) for event in session.exec(select(AuditEvent))]
            assert left == [("Transaction", " SP2"), ("Transaction", "\u3000SP5"), ("AccountingCode", " Cash")]
        assert [record.args for record in caplog.records if record.name == "storage.migration"] == left

        # Transactions recorded before are not recorded twice.
        feed = {"transaction_type": "Invoice Item", "transaction_date": "2024-12-05", "amount": "10", "currency": "GBP"}
        feed |= {"debit_account": "Cash", "credit_account": "Caf\u00e9", "organization": "Nord", "document_number": "D"}
        sent = {"transaction_id": "SP1", **feed, "segment.country": "Caf\u00e9"}
        done = import_transactions(database, [(2, sent)], refuse, source="file.csv", actor="test")
        assert (done.recorded, done.duplicates) == (0, 1)


EQUAL_KEYS_OF_0003 = """
INSERT INTO accounting_code (id, name, type, status) VALUES (1, 'AR', 'Assets', 'Active'), (2, 'Sales', 'X', 'Active');
INSERT INTO accounting_period (id, name, start_date, end_date, status) VALUES
  (1, 'Dec 2024', '2024-12-01', '2024-12-31', 'Open');
INSERT INTO posting (id, source, posted_by, posted_at) VALUES (1, 'recordTransactions', 'test', '2024-12-06');
INSERT INTO posting_key (id, digest, transaction_type, debit_code_id, credit_code_id, currency, organization, segments)
  VALUES (:id, :digest, 'Invoice Item', 1, 2, 'GBP', :organization, '{}');
INSERT INTO posting_bucket (id, posting_id, posting_date, posting_key_id, transaction_count, amount) VALUES
  (:id, 1, '2024-12-05', :id, 1, 1000);
INSERT INTO billing_transaction (id, transaction_id, posting_bucket_id, amount) VALUES (:id, :name, :id, 1000);
"""


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("version", ["0001", "0002", "0003"])
@pytest.mark.parametrize("aggregate_currency", [False, True])
def test_organisations_that_became_one_are_one_entry_before_and_after_a_home_currency_is_set(
    database_url: str, version: str, aggregate_currency: bool
) -> None:
    organizations = ["Nord", "Nord ", " Nord", "Nord\u00a0"]
    with closing(Database(database_url)) as database:
        with database.writer.begin() as connection:
            at_version(connection, version)
            for statement in EQUAL_KEYS_OF_0003.split(";\n")[:-1]:
                for number, organization in enumerate(organizations if ":id" in statement else ["once"], start=1_001):
                    key = PostingKeyFields(TransactionType.INVOICE_ITEM, 1, 2, "GBP", None, organization, ())
                    values = {"id": number, "organization": organization, "name": f"SP{number} "}
                    names = [name for name in (*values, "digest") if f":{name}" in statement]
                    given = {name: {**values, "digest": key.digest()}[name] for name in names}
                    connection.execute(text(statement), given)
        migrate(database)
        asked = RunDraft(
            transaction_types=[TransactionType.INVOICE_ITEM],
            journal_entry_date=date(2024, 12, 31),
            accounting_period_name="Dec 2024",
        )

        run = run_now(database, None, asked)
        (entry,) = entries_of(database, run)
        assert items_of(database, entry) == [("Debit", "AR", "40.00", None), ("Credit", "Sales", "40.00", None)]
        cancel_now(database, run.number)

        run = run_now(database, Ledger("GBP", aggregate_currency), asked)
        assert (run.status, run.error_message) == (JournalRunStatus.COMPLETED, None)
        (entry,) = entries_of(database, run)
        assert entry.transaction_count == 4
        assert items_of(database, entry) == [("Debit", "AR", "40.00", "40.00"), ("Credit", "Sales", "40.00", "40.00")]
        cancel_now(database, run.number)
        with database.read() as session:
            assert broken_rules(session) == []


def at_version(connection: Connection, version: str) -> None:
    """Make the tables of an earlier version."""
    config = Config()
    config.set_main_option("script_location", str(Path(storage.migration.__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    command.upgrade(config, version)

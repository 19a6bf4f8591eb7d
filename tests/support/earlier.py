"""Ledgers of earlier versions."""

from sqlalchemy import text

from storage.bi.catalogue import catalogue
from storage.database import Database


def to_version_0002(database: Database) -> None:
    """Remove what versions 0003 and later added; the rows are then as the earlier version wrote them."""
    statements = [
        *(f"DROP VIEW {view}" for view in catalogue(())),
        "DROP INDEX posting_bucket_by_date",
        *(f"DROP INDEX {table}_by_moment" for table in ("journal_entry", "journal_run", "posting_bucket")),
        *(
            f"ALTER TABLE {table} DROP COLUMN updated_at"
            for table in ("accounting_code", "accounting_period", "journal_run", "posting_bucket")
        ),
        "DROP TABLE ledger_clock",
        "DROP TABLE deletion",
        "DROP TABLE currency",
        "DROP TABLE ledger_settings",
        "ALTER TABLE journal_entry DROP COLUMN created_at",
        "ALTER TABLE journal_entry DROP COLUMN updated_at",
        "ALTER TABLE api_key DROP COLUMN expires_at",
        "ALTER TABLE api_key DROP COLUMN organizations",
        "DROP TABLE posting_part",
        "DROP TABLE bucket_transaction",
        "DROP INDEX posting_bucket_of_net_zero",
        "CREATE INDEX billing_transaction_by_bucket ON billing_transaction (posting_bucket_id, id)",
        "UPDATE alembic_version SET version_num = '0002'",
    ]
    if not database.is_sqlite:
        # Version 0005 drops this by its name; on SQLite it makes the tables anew.
        statements.append("ALTER TABLE api_key ADD CONSTRAINT api_key_name_key UNIQUE (name)")
        statements.append(
            "ALTER TABLE billing_transaction ADD FOREIGN KEY (posting_bucket_id) REFERENCES posting_bucket (id)"
        )
        statements.append("DROP INDEX IF EXISTS one_live_api_key_of_a_name")
    with database.write() as session:
        for statement in statements:
            session.execute(text(statement))

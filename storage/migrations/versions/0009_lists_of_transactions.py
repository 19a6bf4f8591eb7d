"""List the transactions of each bucket in a table of its own, instead of in an index, and without a foreign key.

A posting paid for both with each transaction. Besides, without the index SQLite would read every transaction to check
the foreign key when a bucket is deleted. The buckets of a run that net to zero get an index in the order of their list.
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate from version 0008."""
    op.create_table(
        "bucket_transaction",
        sa.Column("posting_bucket_id", IDENTIFIER, nullable=False, autoincrement=False),
        sa.Column("transaction_row_id", IDENTIFIER, nullable=False, autoincrement=False),
        sa.PrimaryKeyConstraint("posting_bucket_id", "transaction_row_id"),
        sqlite_with_rowid=False,
    )
    op.execute(
        "INSERT INTO bucket_transaction (posting_bucket_id, transaction_row_id)"
        " SELECT posting_bucket_id, id FROM billing_transaction ORDER BY posting_bucket_id, id"
    )
    op.drop_index("billing_transaction_by_bucket", "billing_transaction")
    net_zero = sa.text("journal_run_id IS NOT NULL AND journal_entry_id IS NULL")
    op.create_index(
        "posting_bucket_of_net_zero",
        "posting_bucket",
        ["journal_run_id", "id"],
        sqlite_where=net_zero,
        postgresql_where=net_zero,
    )
    if op.get_bind().dialect.name == "sqlite":
        _drop_foreign_key_on_sqlite()
    else:
        op.drop_constraint("billing_transaction_posting_bucket_id_fkey", "billing_transaction", type_="foreignkey")


def _drop_foreign_key_on_sqlite() -> None:
    """Remove the clause from the table's text, which is how SQLite documents it for what changes no row.

    https://www.sqlite.org/lang_altertable.html#making_other_kinds_of_table_schema_changes; the other way, to copy the
    table, would take minutes for ten million transactions.
    """
    connection = op.get_bind()
    version = connection.execute(sa.text("PRAGMA schema_version")).scalar_one()
    connection.execute(sa.text("PRAGMA writable_schema = ON"))
    connection.execute(
        sa.text("UPDATE sqlite_master SET sql = replace(sql, :clause, '') WHERE type = 'table' AND name = :table"),
        {"clause": FOREIGN_KEY, "table": "billing_transaction"},
    )
    connection.execute(sa.text(f"PRAGMA schema_version = {version + 1}"))
    # The connection reads the changed text itself.
    connection.execute(sa.text("PRAGMA writable_schema = RESET"))
    left = connection.execute(sa.text("PRAGMA foreign_key_list(billing_transaction)")).all()
    assert not left, f"a foreign key of billing_transaction is not as version 0001 wrote it: {left}"


FOREIGN_KEY = ", \n\tFOREIGN KEY(posting_bucket_id) REFERENCES posting_bucket (id)"

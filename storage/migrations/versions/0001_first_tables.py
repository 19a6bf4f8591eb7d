"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Create the first tables."""
    op.create_table(
        "accounting_code",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("type", sa.String(length=100), nullable=False),
        sa.Column("category", sa.String(length=80), nullable=True),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("gl_account_name", sa.String(length=255), nullable=True),
        sa.Column("gl_account_number", sa.String(length=255), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "accounting_period",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("start_date", sa.Date(), nullable=False),
        sa.Column("end_date", sa.Date(), nullable=True),
        sa.Column("fiscal_year", sa.Integer(), nullable=True),
        sa.Column("fiscal_quarter", sa.Integer(), nullable=True),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
        sa.UniqueConstraint("start_date"),
    )
    op.create_table(
        "audit_event",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("occurred_at", MOMENT, nullable=False),
        sa.Column("actor", sa.String(length=255), nullable=False),
        sa.Column("action", sa.String(length=100), nullable=False),
        sa.Column("subject_type", sa.String(length=100), nullable=False),
        sa.Column("subject", sa.String(length=255), nullable=False),
        sa.Column("before", sa.JSON(), nullable=True),
        sa.Column("after", sa.JSON(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("audit_event_by_subject", "audit_event", ["subject_type", "subject"], unique=False)
    op.create_table(
        "idempotency_key",
        sa.Column("key", sa.String(length=255), nullable=False),
        sa.Column("request", sa.JSON(), nullable=False),
        sa.Column("journal_run_number", sa.String(length=20), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "numbering",
        sa.Column("series", sa.String(length=2), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series"),
    )
    op.create_table(
        "posting",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("source", sa.String(length=1024), nullable=False),
        sa.Column("posted_by", sa.String(length=255), nullable=False),
        sa.Column("posted_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "segment",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_table(
        "segmentation_rule",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("used_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("name"),
    )
    op.create_index(
        "one_active_segmentation_rule",
        "segmentation_rule",
        ["active"],
        unique=True,
        sqlite_where=sa.text("active"),
        postgresql_where=sa.text("active"),
    )
    op.create_table(
        "journal_run",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("transaction_types", sa.JSON(), nullable=False),
        sa.Column("accounting_period_id", IDENTIFIER, nullable=False),
        sa.Column("target_start_date", sa.Date(), nullable=False),
        sa.Column("target_end_date", sa.Date(), nullable=False),
        sa.Column("journal_entry_date", sa.Date(), nullable=False),
        sa.Column("organization_labels", sa.JSON(), nullable=False),
        sa.Column("segmentation_rule_id", IDENTIFIER, nullable=True),
        sa.Column("segmentation_rule_name", sa.String(length=100), nullable=True),
        sa.Column("aggregate_currency", sa.Boolean(), nullable=False),
        sa.Column("home_currency", sa.String(length=3), nullable=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("created_by", sa.String(length=255), nullable=False),
        sa.Column("executed_on", MOMENT, nullable=True),
        sa.Column("total_journal_entry_count", sa.Integer(), nullable=False),
        sa.Column("transaction_count", sa.BigInteger(), nullable=False),
        sa.Column("error_message", sa.String(length=2000), nullable=True),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["accounting_period_id"],
            ["accounting_period.id"],
        ),
        sa.ForeignKeyConstraint(
            ["segmentation_rule_id"],
            ["segmentation_rule.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_journal_run_accounting_period_id", "journal_run", ["accounting_period_id"], unique=False)
    op.create_index("ix_journal_run_journal_entry_date", "journal_run", ["journal_entry_date"], unique=False)
    op.create_index("ix_journal_run_status", "journal_run", ["status"], unique=False)
    op.create_index("ix_journal_run_target_start_date", "journal_run", ["target_start_date"], unique=False)
    op.create_table(
        "posting_key",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("digest", sa.LargeBinary(length=16), nullable=False),
        sa.Column("transaction_type", sa.String(length=80), nullable=False),
        sa.Column("debit_code_id", IDENTIFIER, nullable=False),
        sa.Column("credit_code_id", IDENTIFIER, nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("home_currency", sa.String(length=3), nullable=True),
        sa.Column("organization", sa.String(length=255), nullable=True),
        sa.Column("segments", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["credit_code_id"],
            ["accounting_code.id"],
        ),
        sa.ForeignKeyConstraint(
            ["debit_code_id"],
            ["accounting_code.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_index("ix_posting_key_organization", "posting_key", ["organization"], unique=False)
    op.create_table(
        "segmentation_rule_segment",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("segmentation_rule_id", IDENTIFIER, nullable=False),
        sa.Column("transaction_type", sa.String(length=80), nullable=True),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("segment_name", sa.String(length=100), nullable=False),
        sa.ForeignKeyConstraint(
            ["segment_name"],
            ["segment.name"],
        ),
        sa.ForeignKeyConstraint(
            ["segmentation_rule_id"],
            ["segmentation_rule.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("segmentation_rule_id", "transaction_type", "position"),
    )
    op.create_table(
        "cancellation",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("journal_run_id", IDENTIFIER, nullable=False),
        sa.Column("started_at", MOMENT, nullable=False),
        sa.Column("started_by", sa.String(length=255), nullable=False),
        sa.Column("finished_at", MOMENT, nullable=True),
        sa.Column("canceled_count", sa.Integer(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("remaining_count", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["journal_run_id"],
            ["journal_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sqlite_autoincrement=True,
    )
    op.create_index("cancellation_by_run", "cancellation", ["journal_run_id", "id"], unique=False)
    op.create_table(
        "journal_entry",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("number", sa.String(length=20), nullable=False),
        sa.Column("status", sa.String(length=80), nullable=False),
        sa.Column("journal_run_id", IDENTIFIER, nullable=True),
        sa.Column("accounting_period_id", IDENTIFIER, nullable=False),
        sa.Column("journal_entry_date", sa.Date(), nullable=False),
        sa.Column("transaction_type", sa.String(length=80), nullable=True),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("home_currency", sa.String(length=3), nullable=True),
        sa.Column("aggregate_currency", sa.Boolean(), nullable=False),
        sa.Column("organization_label", sa.String(length=255), nullable=True),
        sa.Column("segment_values", sa.JSON(), nullable=False),
        sa.Column("total_debit", sa.BigInteger(), nullable=False),
        sa.Column("total_credit", sa.BigInteger(), nullable=False),
        sa.Column("transaction_count", sa.BigInteger(), nullable=False),
        sa.Column("transferred_to_accounting", sa.String(length=80), nullable=False),
        sa.Column("transfer_date_time", MOMENT, nullable=True),
        sa.Column("transferred_by", sa.String(length=255), nullable=True),
        sa.Column("notes", sa.String(length=2000), nullable=True),
        sa.Column("time_period_start", sa.Date(), nullable=False),
        sa.Column("time_period_end", sa.Date(), nullable=False),
        sa.CheckConstraint("total_debit = total_credit", name="journal_entry_balances"),
        sa.ForeignKeyConstraint(
            ["accounting_period_id"],
            ["accounting_period.id"],
        ),
        sa.ForeignKeyConstraint(
            ["journal_run_id"],
            ["journal_run.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("number"),
        sqlite_autoincrement=True,
    )
    op.create_index("journal_entry_by_date", "journal_entry", ["journal_entry_date", "id"], unique=False)
    op.create_index("journal_entry_by_period", "journal_entry", ["accounting_period_id", "status"], unique=False)
    op.create_index("journal_entry_by_run", "journal_entry", ["journal_run_id", "id"], unique=False)
    op.create_table(
        "entry_cancel_outcome",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("cancellation_id", IDENTIFIER, nullable=False),
        sa.Column("sequence", sa.Integer(), nullable=False),
        sa.Column("journal_entry_id", IDENTIFIER, nullable=False),
        sa.Column("outcome", sa.String(length=80), nullable=False),
        sa.Column("code", sa.String(length=100), nullable=True),
        sa.Column("message", sa.String(length=1000), nullable=True),
        sa.Column("canceled_count", sa.Integer(), nullable=False),
        sa.Column("failed_count", sa.Integer(), nullable=False),
        sa.Column("remaining_count", sa.Integer(), nullable=False),
        sa.Column("recorded_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["cancellation_id"],
            ["cancellation.id"],
        ),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"],
            ["journal_entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("cancellation_id", "journal_entry_id"),
        sa.UniqueConstraint("cancellation_id", "sequence"),
    )
    op.create_index(
        "ix_entry_cancel_outcome_journal_entry_id", "entry_cancel_outcome", ["journal_entry_id"], unique=False
    )
    op.create_table(
        "journal_entry_item",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("journal_entry_id", IDENTIFIER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("accounting_code_id", IDENTIFIER, nullable=False),
        sa.Column("type", sa.String(length=80), nullable=False),
        sa.Column("currency", sa.String(length=3), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("home_currency", sa.String(length=3), nullable=True),
        sa.Column("home_amount", sa.BigInteger(), nullable=True),
        sa.CheckConstraint("amount >= 0 AND (home_amount IS NULL OR home_amount >= 0)", name="item_not_negative"),
        sa.ForeignKeyConstraint(
            ["accounting_code_id"],
            ["accounting_code.id"],
        ),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"],
            ["journal_entry.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("journal_entry_item_by_entry", "journal_entry_item", ["journal_entry_id", "position"], unique=True)
    op.create_table(
        "posting_bucket",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("posting_id", IDENTIFIER, nullable=False),
        sa.Column("posting_date", sa.Date(), nullable=False),
        sa.Column("posting_key_id", IDENTIFIER, nullable=False),
        sa.Column("transaction_count", sa.BigInteger(), nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("home_amount", sa.BigInteger(), nullable=True),
        sa.Column("journal_run_id", IDENTIFIER, nullable=True),
        sa.Column("journal_entry_id", IDENTIFIER, nullable=True),
        sa.ForeignKeyConstraint(
            ["journal_entry_id"],
            ["journal_entry.id"],
        ),
        sa.ForeignKeyConstraint(
            ["journal_run_id"],
            ["journal_run.id"],
        ),
        sa.ForeignKeyConstraint(
            ["posting_id"],
            ["posting.id"],
        ),
        sa.ForeignKeyConstraint(
            ["posting_key_id"],
            ["posting_key.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("posting_id", "posting_date", "posting_key_id"),
    )
    op.create_index(
        "open_posting_bucket",
        "posting_bucket",
        ["posting_date"],
        unique=False,
        sqlite_where=sa.text("journal_run_id IS NULL"),
        postgresql_where=sa.text("journal_run_id IS NULL"),
    )
    op.create_index("posting_bucket_by_entry", "posting_bucket", ["journal_entry_id", "id"], unique=False)
    op.create_index("posting_bucket_by_run", "posting_bucket", ["journal_run_id", "posting_key_id"], unique=False)
    op.create_table(
        "billing_transaction",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("transaction_id", sa.String(length=255), nullable=False),
        sa.Column("posting_bucket_id", IDENTIFIER, nullable=False),
        sa.Column("amount", sa.BigInteger(), nullable=False),
        sa.Column("exchange_rate", sa.String(length=64), nullable=True),
        sa.Column("home_amount", sa.BigInteger(), nullable=True),
        sa.Column("account_number", sa.String(length=255), nullable=True),
        sa.Column("document_number", sa.String(length=255), nullable=True),
        sa.ForeignKeyConstraint(
            ["posting_bucket_id"],
            ["posting_bucket.id"],
        ),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("transaction_id"),
    )
    op.create_index("billing_transaction_by_bucket", "billing_transaction", ["posting_bucket_id", "id"], unique=False)
    running = sa.text("status IN ('Pending', 'Processing')")
    op.create_index(
        "one_running_journal_run",
        "journal_run",
        [sa.text("(1)")],
        unique=True,
        sqlite_where=running,
        postgresql_where=running,
    )
    numbering = sa.table("numbering", sa.column("series", sa.String), sa.column("last", sa.Integer))
    op.bulk_insert(numbering, [{"series": "JR", "last": 0}, {"series": "JE", "last": 0}])

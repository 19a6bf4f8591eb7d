"""Add `created_at` and `updated_at` to journal entries.

An existing entry was created when its run was processed. It was last updated at the latest moment known of it: its
creation, its transfer, its cancellation with the run, or its last event in the audit trail.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)

MOMENTS = (
    "SELECT coalesce(executed_on, created_at) FROM journal_run WHERE id = journal_entry.journal_run_id",
    "SELECT max(recorded_at) FROM entry_cancel_outcome"
    " WHERE journal_entry_id = journal_entry.id AND outcome = 'Canceled'",
    "SELECT max(occurred_at) FROM audit_event WHERE subject_type = 'JournalEntry' AND subject = journal_entry.number",
)


def upgrade() -> None:
    """Migrate from version 0005."""
    # SQLite adds a column that is NOT NULL only with a default; every row gets a value below.
    default = sa.text("'1970-01-01 00:00:00.000000'")
    for name in ("created_at", "updated_at"):
        op.add_column("journal_entry", sa.Column(name, MOMENT, nullable=False, server_default=default))
    created, *later = (f"({moment})" for moment in MOMENTS)
    op.execute(f"UPDATE journal_entry SET created_at = {created} WHERE {created} IS NOT NULL")  # noqa: S608
    op.execute("UPDATE journal_entry SET updated_at = created_at")
    for moment in ("transfer_date_time", *later):
        op.execute(f"UPDATE journal_entry SET updated_at = {moment} WHERE {moment} > updated_at")  # noqa: S608
    if op.get_bind().dialect.name == "postgresql":
        for name in ("created_at", "updated_at"):
            op.alter_column("journal_entry", name, server_default=None)

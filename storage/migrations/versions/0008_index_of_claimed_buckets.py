"""Leave open buckets out of the index by run."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

CLAIMED = sa.text("journal_run_id IS NOT NULL")


def upgrade() -> None:
    """Migrate from version 0007."""
    op.drop_index("posting_bucket_by_run", "posting_bucket")
    op.create_index(
        "posting_bucket_by_run",
        "posting_bucket",
        ["journal_run_id", "posting_key_id"],
        sqlite_where=CLAIMED,
        postgresql_where=CLAIMED,
    )

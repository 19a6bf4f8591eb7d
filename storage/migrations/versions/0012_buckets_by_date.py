"""List transactions by date along an index of their buckets."""

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate from version 0011."""
    op.create_index("posting_bucket_by_date", "posting_bucket", ["posting_date", "id"])

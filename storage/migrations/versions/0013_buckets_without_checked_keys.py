"""Drop on PostgreSQL the foreign keys from a bucket to its posting and its posting key.

Each is a query, and a lock, for every bucket of a posting. Only postings write buckets, after both, and neither is ever
deleted there; `storage/conservation.py` checks it. SQLite keeps the foreign keys, which cost it hardly anything.
"""

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate from version 0012."""
    if op.get_bind().dialect.name == "postgresql":
        for column in ("posting_id", "posting_key_id"):
            op.drop_constraint(f"posting_bucket_{column}_fkey", "posting_bucket", type_="foreignkey")

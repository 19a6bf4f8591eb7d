"""Write down the parts of a posting that several transactions write, until it is finished."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Migrate from version 0009."""
    op.create_table(
        "posting_part",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("posting_id", IDENTIFIER, sa.ForeignKey("posting.id"), nullable=False),
        sa.Column("first_row_id", IDENTIFIER, nullable=False),
        sa.Column("last_row_id", IDENTIFIER, nullable=False),
        sa.Column("first_key_id", IDENTIFIER, nullable=False),
        sa.Column("last_key_id", IDENTIFIER, nullable=False),
        sa.Column("last_bucket_id", IDENTIFIER, nullable=False),
    )

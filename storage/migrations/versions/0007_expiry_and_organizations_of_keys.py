"""Let API keys expire, and limit them to organisations. The keys there are do neither."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Migrate from version 0006."""
    op.add_column("api_key", sa.Column("expires_at", MOMENT, nullable=True))
    op.add_column("api_key", sa.Column("organizations", sa.JSON(), nullable=True))

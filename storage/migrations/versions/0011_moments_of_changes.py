"""Give each change of what reports read a moment, in the order of commits, and keep the names of what is deleted.

What exists is changed at the moment of the migration, but entries keep the moment that they show.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)
CHANGING = ("accounting_code", "accounting_period", "journal_run", "posting_bucket")
INDEXED = ("journal_entry", "journal_run", "posting_bucket")


def upgrade() -> None:
    """Migrate from version 0010."""
    clock = op.create_table(
        "ledger_clock",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("moment", MOMENT, nullable=False),
    )
    connection = op.get_bind()
    entry = sa.table("journal_entry", sa.column("updated_at", MOMENT))
    last = connection.execute(sa.select(sa.func.max(entry.c.updated_at))).scalar_one()
    moment = datetime.now(UTC)
    if last is not None:
        moment = max(moment, last.replace(tzinfo=UTC) if last.tzinfo is None else last) + timedelta(microseconds=1)
    connection.execute(sa.insert(clock).values(id=1, moment=moment))
    # The same value for every row, so that no row is written.
    default = moment.replace(tzinfo=None).isoformat(" ", "microseconds")
    is_postgresql = connection.dialect.name == "postgresql"
    for table in CHANGING:
        column = sa.Column("updated_at", MOMENT, nullable=False, server_default=sa.text(f"'{default}'"))
        op.add_column(table, column)
        if is_postgresql:
            op.alter_column(table, "updated_at", server_default=None)
    for table in INDEXED:
        op.create_index(f"{table}_by_moment", table, ["updated_at", "id"])
    op.create_table(
        "deletion",
        sa.Column("id", IDENTIFIER, primary_key=True),
        sa.Column("deleted", sa.String(80), nullable=False),
        sa.Column("row_id", IDENTIFIER, nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.String(20), nullable=False),
        sa.Column("journal_run_number", sa.String(20)),
        sa.Column("organization_label", sa.String(255)),
        sa.Column("organization_labels", sa.JSON(), nullable=False),
        sa.Column("updated_at", MOMENT, nullable=False),
    )
    op.create_index("deletion_by_moment", "deletion", ["deleted", "updated_at", "row_id", "position"])

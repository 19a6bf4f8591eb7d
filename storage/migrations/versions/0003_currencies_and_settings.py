"""The ledger's currencies with their digits, and its settings.

`storage.migration` fills the currencies afterwards, from the list of the release. The settings are derived from
recorded data: the only home currency of transactions and runs, and whether their runs were aggregated.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Migrate from version 0002."""
    op.create_table(
        "currency",
        sa.Column("code", sa.String(length=3), nullable=False),
        sa.Column("digits", sa.Integer(), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("code"),
    )
    op.create_table(
        "ledger_settings",
        sa.Column("id", sa.Integer(), nullable=False),
        sa.Column("home_currency", sa.String(length=3), nullable=True),
        sa.Column("aggregate_currency", sa.Boolean(), nullable=True),
        sa.CheckConstraint("id = 1", name="one_row_of_settings"),
        sa.PrimaryKeyConstraint("id"),
    )
    connection = op.get_bind()
    home = _only(
        connection,
        "SELECT home_currency FROM posting_key WHERE home_currency IS NOT NULL"
        " UNION SELECT home_currency FROM journal_run WHERE home_currency IS NOT NULL",
    )
    aggregated = _only(
        connection, "SELECT DISTINCT aggregate_currency FROM journal_run WHERE home_currency IS NOT NULL"
    )
    settings = sa.table(
        "ledger_settings",
        sa.column("id", sa.Integer),
        sa.column("home_currency", sa.String),
        sa.column("aggregate_currency", sa.Boolean),
    )
    row = {"id": 1, "home_currency": home, "aggregate_currency": None if aggregated is None else bool(aggregated)}
    op.bulk_insert(settings, [row])


def _only(connection: sa.Connection, query: str) -> object:
    """The only value in the result; None if there are none or several, which is ambiguous."""
    found = connection.execute(sa.text(query)).scalars().all()
    return found[0] if len(found) == 1 else None

"""Allow the name of a revoked API key to be used again, and store only the name of the key in `transferred_by`.

The name was unique by an unnamed constraint, which SQLite can only drop with its table. `transferred_by` was
"API key NAME"; the audit trail does not change.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

IDENTIFIER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    """Migrate from version 0004."""
    if op.get_bind().dialect.name == "sqlite":
        _rebuild_tables()
    else:
        op.drop_constraint("api_key_name_key", "api_key", type_="unique")
    op.create_index(
        "one_live_api_key_of_a_name",
        "api_key",
        ["name"],
        unique=True,
        sqlite_where=sa.text("revoked_at IS NULL"),
        postgresql_where=sa.text("revoked_at IS NULL"),
    )
    op.execute(
        "UPDATE journal_entry SET transferred_by = substr(transferred_by, 9) WHERE transferred_by LIKE 'API key %'"
    )


def _rebuild_tables() -> None:
    """Rebuild the table of keys, and that of tokens, because every token must reference a key at every step."""
    op.create_table(
        "new_api_key",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("client_id", sa.String(length=36), nullable=False),
        sa.Column("name", sa.String(length=100), nullable=False),
        sa.Column("secret_hash", sa.String(length=64), nullable=False),
        sa.Column("permissions", sa.JSON(), nullable=False),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("client_id"),
    )
    op.create_table(
        "new_access_token",
        sa.Column("id", IDENTIFIER, nullable=False),
        sa.Column("token_hash", sa.String(length=64), nullable=False),
        sa.Column("api_key_id", IDENTIFIER, nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.ForeignKeyConstraint(["api_key_id"], ["new_api_key.id"]),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_hash"),
    )
    keys = "id, client_id, name, secret_hash, permissions, created_at, revoked_at"
    tokens = "id, token_hash, api_key_id, expires_at"
    op.execute(f"INSERT INTO new_api_key ({keys}) SELECT {keys} FROM api_key")  # noqa: S608
    op.execute(f"INSERT INTO new_access_token ({tokens}) SELECT {tokens} FROM access_token")  # noqa: S608
    op.drop_table("access_token")
    op.drop_table("api_key")
    op.rename_table("new_api_key", "api_key")
    op.rename_table("new_access_token", "access_token")
    op.create_index("ix_access_token_api_key_id", "access_token", ["api_key_id"], unique=False)
    op.create_index("ix_access_token_expires_at", "access_token", ["expires_at"], unique=False)

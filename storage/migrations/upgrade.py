"""Bringing the tables of a database to the newest version, by Alembic."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection


def config() -> Config:
    """Where the migrations are."""
    found = Config()
    found.set_main_option("script_location", str(Path(__file__).parent).replace("%", "%%"))
    return found


def upgrade(connection: Connection) -> None:
    """Migrate to the newest version, in the caller's transaction."""
    where = config()
    where.attributes["connection"] = connection
    command.upgrade(where, "head")

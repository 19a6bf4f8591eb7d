"""Alembic's entry point: runs the migrations on the connection of `storage.migration`."""

from alembic import context
from sqlalchemy import Connection
from sqlmodel import SQLModel

import storage.tables  # noqa: F401  (adds all tables to the metadata)


def run() -> None:
    """Run the migrations in the caller's transaction."""
    connection: Connection = context.config.attributes["connection"]
    context.configure(connection=connection, target_metadata=SQLModel.metadata)
    context.run_migrations()


run()

"""Both databases, empty and migrated, for what is run by itself and not by pytest."""

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from storage.database import Database
from storage.migration import migrate
from tests.support.postgresql import PostgreSQL


def both_databases(opened: ExitStack) -> dict[str, Database]:
    """A database of each kind by its name, until `opened` is closed."""
    folder = opened.enter_context(TemporaryDirectory())
    server = opened.enter_context(PostgreSQL())
    urls = {"SQLite": f"sqlite:///{Path(folder)}/ledger.db", "PostgreSQL": server.create_database()}
    databases = {name: Database(url) for name, url in urls.items()}
    for database in databases.values():
        opened.callback(database.close)
        migrate(database)
    return databases

"""A gateway served over a real socket, for as long as a test needs it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from gateway.application import Application
from gateway.server import Server, listen
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client


@contextmanager
def served(application: Application, database: Database) -> Iterator[Client]:
    """Serve the application on the database, in a thread; yields a client."""
    listener = listen("127.0.0.1", 0)
    server = Server(application)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        with Client(f"http://127.0.0.1:{listener.getsockname()[1]}", database) as connected:
            connected.wait_until_ready()
            yield connected
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the server did not stop"


@contextmanager
def served_anew(folder: Path, **options: Any) -> Iterator[Client]:
    """Serve an application with these options on a new ledger in the folder, which has its tables alone."""
    path = folder / "ledger.db"
    path.write_bytes(_migrated())
    database = Database(f"sqlite:///{path}")
    with served(Application(database, **options), database) as connected:
        yield connected
    database.close()


@cache
def _migrated() -> bytes:
    """A ledger on SQLite with its tables alone, which is made once: migrating takes longer than starting a gateway."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "ledger.db"
        database = Database(f"sqlite:///{path}")
        migrate(database)
        database.close()
        return path.read_bytes()

"""The page cache of SQLite, larger for as long as a file is posted."""

import sqlite3
from typing import Any

from sqlalchemy import event
from sqlmodel import Session

CACHE_KIB = 64 * 1024
"""By default it is 2 MiB, and a posting of a million rows would write the same pages again and again."""


def enlarge_cache(session: Session) -> None:
    """Enlarge the cache until the transaction of the session ends."""
    connection: sqlite3.Connection = session.connection().connection.driver_connection  # type: ignore[assignment]
    (usual,) = connection.execute("PRAGMA cache_size").fetchone()
    connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")

    def restore(_session: Any) -> None:
        connection.execute(f"PRAGMA cache_size = {usual}")

    event.listen(session, "after_commit", restore, once=True)
    event.listen(session, "after_rollback", restore, once=True)

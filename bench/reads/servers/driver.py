"""Rows by the plain driver, for the competitors in Python: a connection for each thread, and SQL run in a thread."""

import json
import sqlite3
import threading
from collections.abc import Sequence
from typing import Any

import psycopg
from anyio import to_thread
from psycopg.rows import dict_row, tuple_row
from sqlalchemy import make_url

Tuples = list[tuple[Any, ...]]
Rows = list[dict[str, Any]]


class Driver:
    """Reads from one database. Statements have `?` for each value."""

    def __init__(self, url: str) -> None:
        parsed = make_url(url)
        self.is_sqlite = parsed.get_backend_name() == "sqlite"
        self._name = (
            parsed.database or ""
            if self.is_sqlite
            else parsed.set(drivername="postgresql").render_as_string(hide_password=False)
        )
        self._thread = threading.local()

    def tuples(self, statement: str, values: Sequence[object] = ()) -> Tuples:
        """The rows as tuples, read in this thread."""
        if self.is_sqlite:
            return self._sqlite().execute(statement, values).fetchall()
        with self._postgresql().cursor(row_factory=tuple_row) as cursor:
            return cursor.execute(statement.replace("?", "%s"), values).fetchall()

    def rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        """The rows as dictionaries, read in this thread."""
        if self.is_sqlite:
            cursor = self._sqlite().execute(statement, values)
            names = [column[0] for column in cursor.description]
            return [dict(zip(names, row, strict=True)) for row in cursor]
        with self._postgresql().cursor(row_factory=dict_row) as dictionaries:
            return dictionaries.execute(statement.replace("?", "%s"), values).fetchall()

    async def read_rows(self, statement: str, values: Sequence[object] = ()) -> Rows:
        """The rows as dictionaries, read in another thread."""
        return await to_thread.run_sync(self.rows, statement, values)

    def _sqlite(self) -> sqlite3.Connection:
        try:
            connection: sqlite3.Connection = self._thread.connection
        except AttributeError:
            connection = self._thread.connection = sqlite3.connect(self._name, isolation_level=None)
        return connection

    def _postgresql(self) -> psycopg.Connection[Any]:
        try:
            connection: psycopg.Connection[Any] = self._thread.connection
        except AttributeError:
            connection = self._thread.connection = psycopg.connect(
                self._name, autocommit=True, options="-c timezone=UTC"
            )
        return connection


def marks(values: Sequence[object]) -> str:
    """A `?` for each value."""
    return ", ".join("?" * len(values))


def decoded(column: Any) -> Any:
    """The value of a JSON column: PostgreSQL's driver decodes it, SQLite's gives its text."""
    return json.loads(column) if isinstance(column, str) else column

"""One statement for one answer on PostgreSQL. Only databases on PostgreSQL load this: its driver takes 10 MB."""

from collections.abc import Mapping
from contextlib import closing
from typing import Any

import psycopg
from sqlalchemy import Engine

from storage.asking import NotStorable, Rows, StatementFailed, Unanswerable, checked_out
from storage.deadline import DeadlineExceeded


class PostgresqlAsking:
    """Asks a PostgreSQL database. Its engine is in autocommit mode, limits statements, and pings no connection."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def ask(self, text: str, parameters: Mapping[str, object]) -> Rows:
        """As SqliteAsking, and NotStorable for NUL. A connection that the server has closed is replaced once."""
        try:
            return self._ask(text, parameters)
        except StatementFailed:
            return self._ask(text, parameters)

    def _ask(self, text: str, parameters: Mapping[str, object]) -> Rows:
        with closing(checked_out(self._engine)) as pooled:
            connection: psycopg.Connection[tuple[Any, ...]] = pooled.driver_connection  # type: ignore[assignment]
            try:
                rows = connection.execute(text.encode(), parameters).fetchall()
            except psycopg.errors.QueryCanceled as error:
                raise DeadlineExceeded from error
            except psycopg.OperationalError as error:
                pooled.invalidate()
                raise StatementFailed(" ".join(str(error).split())) from error
            except psycopg.DataError as error:
                if error.sqlstate is None:
                    raise NotStorable from error
                raise Unanswerable(str(error)) from error
        return rows

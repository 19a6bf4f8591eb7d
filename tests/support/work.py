"""How much a database does for a statement, in its own units, which are the same on every machine."""

import sqlite3
from collections.abc import Callable, Collection, Iterator, Mapping
from itertools import count
from typing import Any

import psycopg
from sqlalchemy import event

from storage.database import Database


def statements_of(database: Database, read: Callable[[], object]) -> list[tuple[str, Any]]:
    """The SELECTs that are executed meanwhile, with their parameters."""
    asked: list[tuple[str, Any]] = []

    def note(_connection: Any, _cursor: Any, statement: str, parameters: Any, *_: Any) -> None:
        if statement.startswith("SELECT"):
            asked.append((statement, parameters))

    event.listen(database.reader, "before_cursor_execute", note)
    try:
        read()
    finally:
        event.remove(database.reader, "before_cursor_execute", note)
    return asked


def work_for(database: Database, statement: str, parameters: Any, tables: Collection[str]) -> int:
    """Steps of SQLite's virtual machine, or rows of these tables that PostgreSQL reads."""
    with database.reader.connect() as connection:
        driver: Any = connection.connection.driver_connection
        return (
            _steps(driver, statement, parameters)
            if database.is_sqlite
            else _rows(driver, statement, parameters, tables)
        )


def _steps(connection: sqlite3.Connection, statement: str, parameters: Mapping[str, object]) -> int:
    steps = count()
    connection.set_progress_handler(lambda: next(steps) < 0, 1)
    connection.execute(statement, parameters).fetchall()
    connection.set_progress_handler(None, 0)
    return next(steps)


def _rows(
    connection: psycopg.Connection[Any], statement: str, parameters: Mapping[str, object], tables: Collection[str]
) -> int:
    explained = connection.execute(f"EXPLAIN (ANALYZE, FORMAT JSON) {statement}".encode(), parameters).fetchone()
    assert explained is not None
    return sum(
        (node["Actual Rows"] + node.get("Rows Removed by Filter", 0)) * node["Actual Loops"]
        for node in _nodes(explained[0][0]["Plan"])
        if node.get("Relation Name") in tables
    )


def _nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield plan
    for below in plan.get("Plans", []):
        yield from _nodes(below)

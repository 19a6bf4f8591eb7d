"""What is logged when the same goes wrong again and again."""

import logging
import time

import pytest
from sqlalchemy.exc import OperationalError

from gateway.log import Seldom
from runs.dbos import WithoutStatements


def record(text: str, *args: object, error: Exception | None = None, level: int = logging.WARNING) -> logging.LogRecord:
    """A record of the log."""
    info = None if error is None else (type(error), error, None)
    return logging.LogRecord("a", level, "a.py", 1, text, args, info)


def test_each_kind_of_trouble_is_logged_once_in_a_while() -> None:
    seldom = Seldom(60)
    assert seldom.filter(record("no %s", 1))
    assert not seldom.filter(record("no %s", 2))
    assert seldom.filter(record("no %s", 3, level=logging.ERROR))
    assert seldom.filter(record("no %s", 4, error=OSError()))
    assert not seldom.filter(record("no %s", 5, error=OSError()))
    assert seldom.filter(record("no %s", 5, error=ValueError()))
    assert seldom.filter(record("another"))


def test_the_next_one_says_how_many_were_left_out() -> None:
    seldom = Seldom(0.05)
    assert seldom.filter(record("no %s", 1))
    for _ in range(3):
        seldom.filter(record("no %s", 2))
    time.sleep(0.06)
    again = record("no %s", 3)
    assert seldom.filter(again)
    assert again.getMessage() == "no 3 (and 3 times since it was last logged)"


def test_kinds_are_forgotten() -> None:
    seldom = Seldom(0.0)
    for number in range(1_000):
        assert seldom.filter(record(f"no {number}"))
    assert len(seldom._ends) < 1_000


@pytest.mark.parametrize("as_error", [False, True])
def test_a_failed_statement_of_dbos_is_logged_without_sql_and_parameters(as_error: bool) -> None:
    error = OperationalError("UPDATE secret SET x = ?", {"x": "private"}, Exception("database is locked"))
    logged = record("failed", error=error) if as_error else record(f"failed: {error}")
    assert WithoutStatements().filter(logged)
    told = logging.Formatter().format(logged)
    assert told in ("failed: database is locked", "failed: (builtins.Exception) database is locked")

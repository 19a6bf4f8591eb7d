"""What is logged when the same goes wrong again and again."""

import logging
import time
import traceback

import pytest
from sqlalchemy.exc import OperationalError

from gateway.log import Seldom
from runs.dbos import WithoutStatements


def record(text: str, *args: object, error: Exception | None = None, line: int = 1) -> logging.LogRecord:
    """A record of the log, from this line of a file."""
    info = None if error is None else (type(error), error, None)
    return logging.LogRecord("a", logging.WARNING, "a.py", line, text, args, info)


def test_each_kind_of_trouble_is_logged_once_in_a_while() -> None:
    seldom = Seldom(60)
    assert seldom.filter(record("no %s", 1))
    assert not seldom.filter(record("no %s", 2))
    assert not seldom.filter(record("not even written in the same words"))
    assert seldom.filter(record("no %s", 4, error=OSError()))
    assert not seldom.filter(record("no %s", 5, error=OSError()))
    assert seldom.filter(record("no %s", 5, error=ValueError()))
    assert seldom.filter(record("no %s", 1, line=2))


def test_the_next_one_says_how_many_were_left_out() -> None:
    seldom = Seldom(0.05)
    assert seldom.filter(record("no %s", 1))
    for _ in range(3):
        seldom.filter(record("no %s", 2))
    time.sleep(0.06)
    again = record("no %s", 3)
    assert seldom.filter(again)
    assert again.getMessage() == "no 3 (and 3 times since it was last logged)"


FAULT = "failed: Traceback (most recent call last):\nValueError: x"
ERROR = OperationalError("UPDATE secret SET x = ?", {"x": "private"}, Exception("database is locked"))
TRACEBACK = "".join(traceback.format_exception(ERROR))


@pytest.mark.parametrize(
    ("logged", "told"),
    [
        (record("failed", error=ERROR), "failed: database is locked"),
        (record(f"failed: {ERROR}"), "failed: (builtins.Exception) database is locked"),
        (
            record(f"failed: {TRACEBACK}"),
            "failed: sqlalchemy.exc.OperationalError: (builtins.Exception) database is locked",
        ),
        (record(FAULT), FAULT),
    ],
)
def test_a_failed_statement_of_dbos_is_logged_without_sql_and_parameters(logged: logging.LogRecord, told: str) -> None:
    assert WithoutStatements().filter(logged)
    assert logging.Formatter().format(logged) == told

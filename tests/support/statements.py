"""Counting the statements of a request."""

import threading
from collections.abc import Callable
from typing import Any

from sqlalchemy import event

from tests.support.client import Client


def statements(client: Client, ask: Callable[[], Any]) -> tuple[int, Any]:
    """The number of SELECTs that the server needs for a response, and the response."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # The supervisor also queries for unfinished runs.
        if statement.startswith("SELECT") and threading.current_thread().name != "run-supervisor":
            counted.append(statement)

    event.listen(client.database.reader, "before_cursor_execute", count)
    try:
        answer = ask()
    finally:
        event.remove(client.database.reader, "before_cursor_execute", count)
    return len(counted), answer

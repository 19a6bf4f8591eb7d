"""Counting the statements of a request."""

import threading
from collections.abc import Callable
from typing import Any
from unittest.mock import patch

from sqlalchemy import event

from tests.support.client import Client


def statements(client: Client, ask: Callable[[], Any]) -> tuple[int, Any]:
    """The number of SELECTs that the server needs for a response, and the response."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # The supervisor also queries for unfinished runs.
        if statement.startswith("SELECT") and threading.current_thread().name != "run-supervisor":
            counted.append(statement)

    database = client.database
    event.listen(database.reader, "before_cursor_execute", count)
    try:
        with patch.object(database, "ask", side_effect=database.ask) as asked:
            answer = ask()
    finally:
        event.remove(database.reader, "before_cursor_execute", count)
    counted += [call.args[0] for call in asked.call_args_list]
    return len(counted), answer

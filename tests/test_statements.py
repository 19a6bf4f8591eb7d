"""A page of runs with their entries, items and codes costs a constant number of statements."""

import threading
from typing import Any

from sqlalchemy import event

from tests.client import Client
from tests.ledger import line, post

DOCUMENT = """{
  journalRuns(first: 20) {
    totalCount
    nodes {
      number
      accountingPeriod { name }
      cancellation { failedCount outcomes(first: 5) { totalCount nodes { journalEntry { number } } } }
      journalEntries(first: 50) {
        totalCount
        nodes { number accountingPeriod { name } journalRun { number } items { amount accountingCode { name } } }
      }
    }
  }
}"""


def statements(client: Client) -> tuple[int, dict[str, Any]]:
    """How many SELECTs the server needs for the page, and the page."""
    counted: list[str] = []

    def count(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        # The keeper looks for unfinished runs on its own.
        if statement.startswith("SELECT") and threading.current_thread().name != "run-keeper":
            counted.append(statement)

    event.listen(client.database.reader, "before_cursor_execute", count)
    try:
        page = client.query(DOCUMENT)["journalRuns"]
    finally:
        event.remove(client.database.reader, "before_cursor_execute", count)
    return len(counted), page


def test_more_runs_entries_and_items_cost_no_more_statements(client: Client) -> None:
    post(client.database, [line("first")])
    client.cancel(client.completed()["number"])
    client.wait("JR-00000001", "CANCELLED")
    few, page = statements(client)
    assert page["totalCount"] == 1
    for number in range(5):
        post(client.database, [line(f"{number}/{n}", segment_country=str(n)) for n in range(10)])
        run = client.completed()
        client.cancel(run["number"])
        client.wait(run["number"], "CANCELLED")
    many, page = statements(client)
    assert page["totalCount"] == 6
    assert sum(run["journalEntries"]["totalCount"] for run in page["nodes"]) == 1 + 5 * 11
    assert many == few == 13

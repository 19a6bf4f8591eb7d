"""A page of runs with their entries, items and codes costs a constant number of statements."""

from typing import Any

import pytest

from schema.planning import Planning
from schema.schema import SCHEMA
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.rest import Rest
from tests.support.statements import statements

DOCUMENT = """{
  journalRuns(first: 6) {
    totalCount
    nodes {
      number
      accountingPeriod { name }
      cancellation { failedCount outcomes(first: 5) { totalCount nodes { journalEntry { number } } } }
      journalEntries(first: 12) {
        totalCount
        nodes { number accountingPeriod { name } journalRun { number } items { amount accountingCode { name } } }
      }
    }
  }
}"""


def runs(client: Client) -> Any:
    """A page of runs with everything nested in them."""
    return client.query(DOCUMENT)["journalRuns"]


@pytest.mark.parametrize(("planning", "count"), [(Planning.STRICT, 1), (Planning.OFF, 13)])
def test_more_runs_entries_and_items_cost_no_more_statements(
    client: Client, monkeypatch: pytest.MonkeyPatch, planning: Planning, count: int
) -> None:
    monkeypatch.setattr(SCHEMA, "planning", planning)
    post(client.database, [line("first")])
    client.cancel(client.completed()["number"])
    client.wait("JR-00000001", "CANCELLED")
    few, page = statements(client, lambda: runs(client))
    assert page["totalCount"] == 1
    for number in range(5):
        post(client.database, [line(f"{number}/{n}", segment_country=str(n)) for n in range(10)])
        run = client.completed()
        client.cancel(run["number"])
        client.wait(run["number"], "CANCELLED")
    many, page = statements(client, lambda: runs(client))
    assert page["totalCount"] == 6
    assert sum(run["journalEntries"]["totalCount"] for run in page["nodes"]) == 1 + 5 * 11
    assert many == few == count


def test_a_page_of_rest_entries_costs_the_same_however_many_there_are(client: Client) -> None:
    post(client.database, [line("first")])
    post(client.database, [line(f"{n}", transaction_date="2025-01-05", segment_country=str(n)) for n in range(50)])
    number = client.completed()["number"]
    other = client.completed(accountingPeriodName="Jan 2025")["number"]
    with Rest(client.url) as rest:
        few, one = statements(client, lambda: rest.entries(number))
        many, fifty = statements(client, lambda: rest.entries(other))
    assert (len(one), len(fifty)) == (1, 50)
    assert many == few == 5

"""The worked example of the domain's specification."""

from tests.support.client import Client
from tests.support.ledger import line, post


def test_the_worked_example_nine_cancelled_one_failed_status_completed(client: Client) -> None:
    countries = ["AT", "BE", "CH", "DE", "DK", "ES", "FR", "IT", "NL", "PL"]
    post(client.database, [line(country, segment_country=country) for country in countries])
    run = client.completed()
    assert run["totalJournalEntryCount"] == 10
    entries = client.entries(run["number"])
    assert client.transfer([entries[3]["number"]])["errors"] == []

    accepted = client.cancel(run["number"])

    assert accepted["errors"] == []
    assert accepted["journalRun"]["status"] == "CANCEL_IN_PROGRESS"
    after = client.wait(run["number"], "COMPLETED", "CANCELLED")
    assert after["status"] == "COMPLETED"
    assert after["cancellation"]["cancelledCount"] == 9
    assert after["cancellation"]["failedCount"] == 1
    assert after["cancellation"]["remainingCount"] == 0
    statuses = {entry["number"]: entry["status"] for entry in client.entries(run["number"])}
    assert statuses.pop(entries[3]["number"]) == "CREATED"
    assert set(statuses.values()) == {"CANCELLED"}

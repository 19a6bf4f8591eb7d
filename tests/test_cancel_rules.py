"""The rules of cancelling and deleting a run, and of an entry's way into the general ledger."""

from typing import Any

import pytest

from runs.states import Event, statuses_allowing
from storage.audit import events_of
from storage.journal_runs import run_numbered
from storage.words import JournalRunStatus
from tests.client import Client
from tests.ledger import line, post

COUNTRIES = ["AT", "BE", "CH", "DE"]


def run_of_four(client: Client) -> tuple[str, list[str]]:
    """A completed run of four entries: its number and theirs."""
    post(client.database, [line(country, segment_country=country) for country in COUNTRIES])
    run = client.completed()
    return run["number"], [entry["number"] for entry in client.entries(run["number"])]


def put(client: Client, number: str, status: JournalRunStatus) -> None:
    """Put the run into a status that it would leave too quickly."""
    with client.database.write() as session:
        run = run_numbered(session, number)
        assert run is not None
        run.status = status


def refusal(payload: dict[str, Any]) -> tuple[str, str, list[str]]:
    """The code, message and field of the one error of a refusal."""
    assert payload["journalRun"] is None
    (error,) = payload["errors"]
    return error["code"], error["message"], error["field"]


def cancelled(client: Client, number: str) -> dict[str, Any]:
    """The run after it has been cancelled whole."""
    assert client.cancel(number)["errors"] == []
    return client.wait(number, "CANCELLED")


def test_an_unknown_run_is_neither_cancelled_nor_deleted(client: Client) -> None:
    for refused in (client.cancel("JR-99999999"), client.delete("JR-99999999")):
        assert refusal(refused) == ("UNKNOWN", "There is no journal run 'JR-99999999'.", ["input", "number"])


@pytest.mark.parametrize("event", [Event.CANCEL, Event.DELETE])
def test_from_any_other_status_it_is_refused_with_the_current_status_named(client: Client, event: Event) -> None:
    number, _ = run_of_four(client)
    # The keeper would start a workflow for a run in a passing status; without one it only looks.
    request = client.cancel if event is Event.CANCEL else client.delete
    resting = {JournalRunStatus.COMPLETED, JournalRunStatus.ERROR, JournalRunStatus.CANCELLED}
    refused = resting - set(statuses_allowing(event))
    assert refused
    for status in refused:
        put(client, number, status)
        code, message, field = refusal(request(number))
        assert (code, field) == ("STATUS_NOT_ALLOWED", ["input", "number"])
        assert message.startswith(f"Journal run {number} is {status.value}; {event.value} is possible only from")


def test_an_entry_that_is_transferred_or_being_transferred_fails_and_does_not_stop_the_others(client: Client) -> None:
    number, entries = run_of_four(client)
    for entry, status in zip(entries, ["YES", "PROCESSING", "ERROR", "IGNORE"], strict=True):
        assert client.transfer([entry], status)["errors"] == []
    client.cancel(number)
    run = client.wait(number, "COMPLETED")
    counts = run["cancellation"]
    assert (counts["canceledCount"], counts["failedCount"], counts["remainingCount"]) == (2, 2, 0)
    statuses = [entry["status"] for entry in client.entries(number)]
    assert statuses == ["CREATED", "CREATED", "CANCELLED", "CANCELLED"]


def test_the_transactions_of_cancelled_entries_are_free_for_the_next_run_and_only_they(client: Client) -> None:
    number, entries = run_of_four(client)
    client.transfer([entries[0]])
    client.cancel(number)
    client.wait(number, "COMPLETED")
    following = client.completed()
    assert following["transactionCount"] == 3
    values = [entry["segments"][0]["value"] for entry in client.entries(following["number"])]
    assert values == COUNTRIES[1:]


def test_a_second_cancel_after_the_obstacle_is_gone_tries_only_the_entries_that_are_left(client: Client) -> None:
    number, entries = run_of_four(client)
    client.transfer([entries[2]])
    client.cancel(number)
    client.wait(number, "COMPLETED")
    client.transfer([entries[2]], "NO")
    counts = cancelled(client, number)["cancellation"]
    assert (counts["canceledCount"], counts["failedCount"], counts["remainingCount"]) == (1, 0, 0)


def test_a_pending_run_that_has_not_started_is_cancelled_without_ever_making_entries(client: Client) -> None:
    post(client.database, [line("a")])
    created = client.create()["journalRun"]
    assert created["status"] == "PENDING"
    accepted = client.cancel(created["number"])
    if accepted["errors"]:
        pytest.skip("the run had already begun to process")
    run = client.wait(created["number"], "CANCELLED")
    assert run["executedOn"] is None
    assert run["totalJournalEntryCount"] == 0
    assert client.completed()["transactionCount"] == 1


def test_a_run_without_entries_is_cancelled_and_gives_back_what_summed_to_zero(client: Client) -> None:
    post(client.database, [line("plus", amount="5.00"), line("minus", amount="-5.00")])
    run = client.completed()
    assert (run["totalJournalEntryCount"], run["transactionCount"]) == (0, 2)
    assert client.completed()["transactionCount"] == 0
    cancelled(client, run["number"])
    assert client.completed()["transactionCount"] == 2


def test_a_deleted_run_is_gone_with_its_entries_but_not_from_the_audit_trail(client: Client) -> None:
    number, entries = run_of_four(client)
    cancelled(client, number)
    deleted = client.delete(number)
    assert (deleted["errors"], deleted["deletedNumber"]) == ([], number)
    client.wait_until_gone(number)
    assert client.query("{ journalEntries { totalCount } }")["journalEntries"]["totalCount"] == 0
    following = client.completed()
    assert following["number"] == "JR-00000002"
    assert client.entries(following["number"])[0]["number"] > entries[-1]
    with client.database.read() as session:
        trail = events_of(session, "JournalRun", number)
    assert [event.action for event in trail] == [
        "create",
        "process",
        "cancel",
        "finish cancellation",
        "delete",
        "finish deletion",
    ]
    assert [event.actor for event in trail] == ["anonymous", "system"] * 3
    assert trail[2].before == {"status": "Completed"}
    assert trail[2].after == {"status": "CancelInprogress"}
    assert trail[-1].before is not None
    assert trail[-1].before["number"] == number


def test_transfer_status_is_set_on_all_named_entries_or_on_none(client: Client) -> None:
    number, entries = run_of_four(client)
    refused = client.transfer([entries[0], "JE-99999999", entries[0]])
    assert refused["journalEntries"] is None
    assert [(error["code"], error["field"][1:]) for error in refused["errors"]] == [
        ("UNKNOWN", ["journalEntryNumbers", "1"]),
        ("DUPLICATE", ["journalEntryNumbers", "2"]),
    ]
    assert client.transfer([])["errors"][0]["code"] == "OUT_OF_RANGE"
    assert {entry["transferredToAccounting"] for entry in client.entries(number)} == {"NO"}
    (yes,) = client.transfer([entries[0]])["journalEntries"]
    assert yes["transferredBy"] == "anonymous"
    assert yes["transferDateTime"] is not None
    (no,) = client.transfer([entries[0]], "NO")["journalEntries"]
    assert (no["transferredBy"], no["transferDateTime"]) == (None, None)


def test_the_transfer_status_of_a_cancelled_entry_can_no_longer_change(client: Client) -> None:
    number, entries = run_of_four(client)
    cancelled(client, number)
    (error,) = client.transfer([entries[0]])["errors"]
    assert (error["code"], error["field"]) == ("STATUS_NOT_ALLOWED", ["input", "journalEntryNumbers", "0"])

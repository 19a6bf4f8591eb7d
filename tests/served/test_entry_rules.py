"""The rules of changing and cancelling one entry by hand."""

from typing import Any

from storage.audit import events_of
from tests.support.client import Client
from tests.support.held import held
from tests.support.ledger import line, post


def entries_of_two(client: Client) -> tuple[str, list[str]]:
    """A completed run of two entries: its number and theirs."""
    post(client.database, [line(country, segment_country=country) for country in ("AT", "BE")])
    number = client.completed()["number"]
    return number, [entry["number"] for entry in client.entries(number)]


def errors_of(payload: dict[str, Any]) -> list[tuple[str, list[str], str]]:
    """The errors of a payload that changed nothing."""
    assert payload["journalEntry"] is None
    return [(error["code"], error["field"], error["message"]) for error in payload["errors"]]


def test_a_single_entry_is_cancelled_without_its_run(client: Client) -> None:
    run, (first, second) = entries_of_two(client)

    cancelled = client.cancel_entry(first)

    assert (cancelled["errors"], cancelled["journalEntry"]["status"]) == ([], "CANCELLED")
    assert [entry["status"] for entry in client.entries(run)] == ["CANCELLED", "CREATED"]
    assert errors_of(client.cancel_entry(first)) == [
        ("STATUS_NOT_ALLOWED", ["input", "number"], f"Journal entry {first} is already Cancelled.")
    ]
    assert client.cancel_entry(second)["errors"] == []
    assert client.run(run) is not None
    assert client.wait(run, "COMPLETED")["totalJournalEntryCount"] == 2

    again = client.completed()
    assert (again["totalJournalEntryCount"], again["transactionCount"]) == (2, 2)

    # The run's own cancellation has nothing left to try.
    client.cancel(run)
    assert client.wait(run, "CANCELLED")["cancellation"]["cancelledCount"] == 0
    assert [entry["status"] for entry in client.entries(again["number"])] == ["CREATED", "CREATED"]


def test_an_entry_on_its_way_to_the_general_ledger_is_not_cancelled(client: Client) -> None:
    run, (entry, other) = entries_of_two(client)
    for status, word in (("YES", "Yes"), ("PROCESSING", "Processing")):
        client.transfer([entry], status)
        assert errors_of(client.cancel_entry(entry)) == [
            (
                "STATUS_NOT_ALLOWED",
                ["input", "number"],
                f"Journal entry {entry} cannot be cancelled: its transfer status is {word}.",
            )
        ]
    for status in ("NO", "ERROR", "IGNORE"):
        assert client.transfer([other], status)["errors"] == []
    assert client.cancel_entry(other)["errors"] == []
    assert [entry["status"] for entry in client.entries(run)] == ["CREATED", "CANCELLED"]


def test_an_entry_that_its_runs_cancellation_is_about_to_try_is_left_to_it(client: Client) -> None:
    run, (entry, _) = entries_of_two(client)
    with held("cancel_batch"):
        client.cancel(run)
        ((code, _, message),) = errors_of(client.cancel_entry(entry))
        assert code == "STATUS_NOT_ALLOWED"
        assert message == (
            f"Journal entry {entry} cannot be cancelled separately while its journal run {run} is being"
            " cancelled; wait for its outcome."
        )
    latest = client.wait(run, "CANCELLED")["cancellation"]
    assert (latest["cancelledCount"], latest["failedCount"], latest["remainingCount"]) == (2, 0, 0)


def test_notes_and_transfer_status_change_together_or_not_at_all(client: Client) -> None:
    _, (entry, other) = entries_of_two(client)

    changed = client.update_entry(entry, notes="Checked by Ann", transferredToAccounting="YES")["journalEntry"]
    assert (changed["notes"], changed["transferredToAccounting"]) == ("Checked by Ann", "YES")
    kept = client.update_entry(entry, transferredToAccounting="ERROR")["journalEntry"]
    assert (kept["notes"], kept["transferredToAccounting"]) == ("Checked by Ann", "ERROR")
    emptied = client.update_entry(entry, notes="")["journalEntry"]
    assert (emptied["notes"], emptied["transferredToAccounting"]) == (None, "ERROR")
    longest = "é" * 2000
    assert client.update_entry(entry, notes=longest)["journalEntry"]["notes"] == longest

    client.cancel_entry(other)
    refused = client.update_entry(other, notes="x" * 2001, transferredToAccounting="YES")
    assert errors_of(refused) == [
        (
            "STATUS_NOT_ALLOWED",
            ["input", "transferredToAccounting"],
            f"Journal entry {other} is Cancelled; its transfer status cannot change.",
        ),
        ("OUT_OF_RANGE", ["input", "notes"], "They have 2,001 characters; the maximum is 2,000."),
    ]
    assert (
        errors_of(client.update_entry(other, notes="kept", transferredToAccounting="NO"))[0][0] == "STATUS_NOT_ALLOWED"
    )
    assert client.update_entry(other, notes="late")["journalEntry"]["notes"] == "late"


def test_a_change_of_nothing_or_of_an_unknown_entry_is_refused(client: Client) -> None:
    _, (entry, _) = entries_of_two(client)
    assert errors_of(client.update_entry(entry)) == [("REQUIRED", ["input"], "Give notes, a transfer status, or both.")]
    unknown = [("UNKNOWN", ["input", "number"], "There is no journal entry 'JE-99999999'.")]
    assert errors_of(client.update_entry("JE-99999999", notes="x")) == unknown
    assert errors_of(client.cancel_entry("JE-99999999")) == unknown


def test_every_change_is_in_the_audit_trail(client: Client) -> None:
    _, (entry, _) = entries_of_two(client)
    client.update_entry(entry, notes="one")
    client.update_entry(entry, notes="one")
    client.update_entry(entry, notes="", transferredToAccounting="IGNORE")
    client.cancel_entry(entry)
    with client.database.read() as session:
        events = [
            (event.actor, event.action, event.before, event.after)
            for event in events_of(session, "JournalEntry", entry)
        ]
    assert events == [
        ("anonymous", "set notes", {"notes": None}, {"notes": "one"}),
        (
            "anonymous",
            "set transferred to accounting",
            {"transferred_to_accounting": "No"},
            {"transferred_to_accounting": "Ignore"},
        ),
        ("anonymous", "set notes", {"notes": "one"}, {"notes": None}),
        ("anonymous", "cancel", {"status": "Created"}, {"status": "Cancelled"}),
    ]

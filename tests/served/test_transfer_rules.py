"""The rules of an entry's transfer status."""

from itertools import pairwise
from typing import Any

from storage.audit import events_of
from tests.support.client import Client
from tests.support.ledger import line, post


def entries_of_three(client: Client) -> tuple[str, list[str]]:
    """A completed run of three entries: its number and theirs."""
    post(client.database, [line(country, segment_country=country) for country in ("AT", "BE", "CH")])
    number = client.completed()["number"]
    return number, [entry["number"] for entry in client.entries(number)]


def transferred(client: Client, number: str, status: str) -> tuple[Any, Any]:
    """The entry's transfer time and user after it was set to that status."""
    payload = client.transfer([number], status)
    assert payload["errors"] == []
    (entry,) = payload["journalEntries"]
    assert (entry["number"], entry["transferredToAccounting"]) == (number, status)
    return entry["transferredAt"], entry["transferredBy"]


def test_transfer_statuses_are_set_for_all_entries_or_none(client: Client) -> None:
    number, (created, cancelled, other) = entries_of_three(client)
    assert [entry["number"] for entry in client.transfer([other, created])["journalEntries"]] == [other, created]
    client.cancel(number)
    client.wait(number, "COMPLETED")
    before = client.entries(number)

    refused = client.transfer([created, "JE-99999999", cancelled, created], "NO")

    assert refused["journalEntries"] is None
    errors = [(error["code"], error["field"], error["message"]) for error in refused["errors"]]
    place = ["input", "journalEntryNumbers"]
    assert errors == [
        ("UNKNOWN", [*place, "1"], "There is no journal entry 'JE-99999999'."),
        (
            "STATUS_NOT_ALLOWED",
            [*place, "2"],
            f"Journal entry {cancelled} is Cancelled; its transfer status cannot change.",
        ),
        ("DUPLICATE", [*place, "3"], f"Journal entry {created} is given more than once."),
    ]
    assert client.entries(number) == before
    assert [entry["transferredToAccounting"] for entry in before] == ["YES", "NO", "YES"]


def test_from_1_to_1000_entries_are_named(client: Client) -> None:
    (error,) = client.transfer([])["errors"]
    assert (error["code"], error["field"]) == ("OUT_OF_RANGE", ["input", "journalEntryNumbers"])
    assert error["message"] == "Give 1 to 1,000 journal entries; this call has 0."
    document = """mutation($numbers: [String!]!) {
      setTransferredToAccounting(input: { journalEntryNumbers: $numbers, transferredToAccounting: YES }) {
        errors { code } } }"""
    (error,) = client.send(document, {"numbers": [f"JE-{number:08}" for number in range(1001)]})["errors"]
    assert error["extensions"] == {"code": "BAD_USER_INPUT", "field": ["input", "journalEntryNumbers"]}
    assert error["message"] == "journalEntryNumbers has 1,001 values; the maximum is 1,000. Send fewer at once."


def test_a_transfer_records_its_time_and_user(
    client: Client,
) -> None:
    _, (number, *_) = entries_of_three(client)
    for status in ("PROCESSING", "ERROR", "IGNORE", "NO"):
        assert transferred(client, number, "YES")[1] == "anonymous"
        assert transferred(client, number, status) == (None, None)
    when, caller = transferred(client, number, "YES")
    assert when is not None
    assert transferred(client, number, "YES") == (when, caller)
    with client.database.read() as session:
        trail = events_of(session, "JournalEntry", number)
    words = ["No", "Yes", "Processing", "Yes", "Error", "Yes", "Ignore", "Yes", "No", "Yes"]
    assert [(event.before, event.after) for event in trail] == [
        ({"transferred_to_accounting": before}, {"transferred_to_accounting": after})
        for before, after in pairwise(words)
    ]
    assert {(event.actor, event.action) for event in trail} == {("anonymous", "set transferred to accounting")}

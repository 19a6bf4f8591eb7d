"""The counts of a run: those of its creation stay, those of now follow its entries."""

from typing import Any

from tests.support.client import Client
from tests.support.held import held
from tests.support.ledger import line, post

DOCUMENT = """query($number: String!) { journalRun(number: $number) {
  status totalJournalEntryCount transactionCount
  liveJournalEntryCount cancelledJournalEntryCount takenTransactionCount
  cancellation { entryCount cancelledCount failedCount remainingCount } } }"""


def counts(client: Client, number: str) -> tuple[Any, ...]:
    """The run's live entries, cancelled entries and taken transactions."""
    run = client.query(DOCUMENT, {"number": number})["journalRun"]
    return run["liveJournalEntryCount"], run["cancelledJournalEntryCount"], run["takenTransactionCount"]


def run_of_three_entries(client: Client) -> tuple[str, list[str]]:
    """A completed run of six transactions in three entries, and two more that net to zero."""
    lines = [line(f"{country}{n}", segment_country=country) for country in ("AT", "BE", "CH") for n in range(2)]
    post(client.database, [*lines, line("+", segment_country="DE"), line("-", amount="-10.00", segment_country="DE")])
    run = client.completed()
    return run["number"], [entry["number"] for entry in client.entries(run["number"])]


def test_a_completed_run_holds_every_entry_and_transaction(client: Client) -> None:
    number, _ = run_of_three_entries(client)
    assert counts(client, number) == (3, 0, 8)


def test_an_entry_cancelled_by_itself_changes_the_counts_of_now_only(client: Client) -> None:
    number, entries = run_of_three_entries(client)
    client.query(f'mutation {{ cancelJournalEntry(input: {{ number: "{entries[0]}" }}) {{ errors {{ code }} }} }}')
    assert counts(client, number) == (2, 1, 6)
    run = client.query(DOCUMENT, {"number": number})["journalRun"]
    assert (run["status"], run["totalJournalEntryCount"], run["transactionCount"]) == ("COMPLETED", 3, 8)


def test_a_cancellation_says_how_many_entries_it_tries(client: Client) -> None:
    number, entries = run_of_three_entries(client)
    client.query(f'mutation {{ cancelJournalEntry(input: {{ number: "{entries[0]}" }}) {{ errors {{ code }} }} }}')
    client.transfer(entries[1:2])
    client.cancel(number)
    client.wait(number, "COMPLETED")
    cancellation = client.query(DOCUMENT, {"number": number})["journalRun"]["cancellation"]
    assert cancellation == {"entryCount": 2, "cancelledCount": 1, "failedCount": 1, "remainingCount": 0}
    assert counts(client, number) == (1, 2, 4)


def test_a_cancelled_run_holds_nothing(client: Client) -> None:
    number, _ = run_of_three_entries(client)
    client.cancel(number)
    client.wait(number, "CANCELLED")
    assert counts(client, number) == (0, 3, 0)


def test_a_run_that_waits_has_no_entries(client: Client) -> None:
    post(client.database, [line("a")])
    with held("make_entries"):
        number = client.create()["journalRun"]["number"]
        assert counts(client, number) == (0, 0, 0)

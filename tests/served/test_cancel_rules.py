"""The rules of cancelling a run."""

from typing import Any

from runs.create import begin, make_entries
from storage.cancellations import latest_cancellation, outcomes_after
from storage.database import Database
from storage.journal_entries import lock_entries_numbered
from storage.journal_runs import run_numbered
from storage.words import CancelOutcome, JournalEntryStatus, JournalRunStatus, TransferStatus
from tests.support.client import Client
from tests.support.direct_runs import cancel_now, entries_of, run_now
from tests.support.held import held
from tests.support.ledger import line, post

COUNTRIES = ["AT", "BE", "CH", "DE"]


def run_of_four(client: Client) -> tuple[str, list[str]]:
    """A completed run of four entries: its number and theirs."""
    post(client.database, [line(country, segment_country=country) for country in COUNTRIES])
    run = client.completed()
    return run["number"], [entry["number"] for entry in client.entries(run["number"])]


def counts(run: dict[str, Any]) -> tuple[int, int, int]:
    """The counts of its latest cancellation: cancelled, failed and remaining."""
    latest = run["cancellation"]
    return latest["cancelledCount"], latest["failedCount"], latest["remainingCount"]


def assert_refused(payload: dict[str, Any], number: str, status: str) -> None:
    """The cancellation was refused, naming the run's status and the statuses that allow it."""
    assert payload["journalRun"] is None
    (error,) = payload["errors"]
    assert (error["code"], error["field"]) == ("STATUS_NOT_ALLOWED", ["input", "number"])
    possible = "cancel is possible only from Pending or Completed or Error."
    assert error["message"] == f"Journal run {number} is {status}; {possible}"


def test_from_any_other_status_it_is_refused_with_the_current_status_named(client: Client) -> None:
    post(client.database, [line("a")])
    with held("make_entries"):
        number = client.create()["journalRun"]["number"]
        client.wait(number, "PROCESSING")
        assert_refused(client.cancel(number), number, "Processing")
    client.wait(number, "COMPLETED")
    with held("cancel_batch"):
        accepted = client.cancel(number)
        assert (accepted["errors"], accepted["journalRun"]["status"]) == ([], "CANCEL_IN_PROGRESS")
        assert counts(accepted["journalRun"]) == (0, 0, 1)
        assert_refused(client.cancel(number), number, "CancelInprogress")
    assert counts(client.wait(number, "CANCELLED")) == (1, 0, 0)
    assert_refused(client.cancel(number), number, "Cancelled")
    with held("delete_batch"):
        client.delete(number)
        assert_refused(client.cancel(number), number, "DeleteInprogress")
    client.wait_until_gone(number)
    (error,) = client.cancel(number)["errors"]
    assert (error["code"], error["message"]) == ("UNKNOWN", f"There is no journal run '{number}'.")


def test_a_pending_run_that_has_not_started_is_cancelled_without_ever_making_entries(client: Client) -> None:
    post(client.database, [line("a")])
    with held("begin"):
        number = client.create()["journalRun"]["number"]
        accepted = client.cancel(number)
        assert (accepted["errors"], accepted["journalRun"]["status"]) == ([], "CANCEL_IN_PROGRESS")
        run = client.wait(number, "CANCELLED")
    assert (run["executedAt"], run["totalJournalEntryCount"], counts(run)) == (None, 0, (0, 0, 0))
    # A workflow that comes too late does nothing.
    with client.database.write() as session:
        row = run_numbered(session, number)
        assert row is not None
        assert not begin(session, row.id)
        make_entries(session, row.id)
    assert client.completed()["transactionCount"] == 1
    assert client.run(number) == run
    assert client.entries(number) == []


def test_only_yes_and_processing_cannot_be_cancelled_and_no_failure_stops_the_others(client: Client) -> None:
    number, entries = run_of_four(client)
    for entry, status in zip(entries, ["YES", "PROCESSING", "ERROR", "IGNORE"], strict=True):
        assert client.transfer([entry], status)["errors"] == []
    client.cancel(number)
    assert counts(client.wait(number, "COMPLETED")) == (2, 2, 0)
    statuses = [(entry["status"], entry["transferredToAccounting"]) for entry in client.entries(number)]
    assert statuses == [("CREATED", "YES"), ("CREATED", "PROCESSING"), ("CANCELLED", "ERROR"), ("CANCELLED", "IGNORE")]
    client.transfer([entries[0]], "NO")
    client.cancel(number)
    assert counts(client.wait(number, "COMPLETED")) == (1, 1, 0)


def test_only_cancelled_entries_free_transactions_and_a_second_cancel_tries_only_the_rest(client: Client) -> None:
    number, entries = run_of_four(client)
    client.transfer([entries[0]])
    client.cancel(number)
    first = client.wait(number, "COMPLETED")
    assert (counts(first), first["totalJournalEntryCount"]) == ((3, 1, 0), 4)
    following = client.completed()
    taken = client.entries(following["number"])
    assert following["transactionCount"] == 3
    assert [entry["segments"][0]["value"] for entry in taken] == COUNTRIES[1:]
    client.transfer([entries[0]], "NO")
    client.cancel(number)
    assert counts(client.wait(number, "CANCELLED")) == (1, 0, 0)
    assert client.entries(following["number"]) == taken
    assert client.completed()["transactionCount"] == 1


def set_transferred(database: Database, numbers: list[str], status: TransferStatus) -> None:
    """Set the transfer status of these entries."""
    with database.write() as session:
        for entry in lock_entries_numbered(session, numbers).values():
            entry.transferred_to_accounting = status
            session.add(entry)


def test_cancelling_a_run_without_entries_frees_what_netted_to_zero(database: Database) -> None:
    post(database, [line("plus", amount="5.00"), line("minus", amount="-5.00")])
    run = run_now(database)
    assert (run.total_journal_entry_count, run.transaction_count) == (0, 2)
    assert run_now(database).transaction_count == 0
    assert cancel_now(database, run.number).status is JournalRunStatus.CANCELLED
    assert run_now(database).transaction_count == 2


def test_what_netted_to_zero_stays_taken_until_every_entry_is_cancelled(database: Database) -> None:
    zero = [line("plus", amount="5.00", segment_country="FR"), line("minus", amount="-5.00", segment_country="FR")]
    post(database, [*zero, line("a")])
    run = run_now(database)
    (entry,) = entries_of(database, run)
    set_transferred(database, [entry.number], TransferStatus.YES)
    assert cancel_now(database, run.number).status is JournalRunStatus.COMPLETED
    assert run_now(database).transaction_count == 0
    set_transferred(database, [entry.number], TransferStatus.NO)
    assert cancel_now(database, run.number).status is JournalRunStatus.CANCELLED
    assert run_now(database).transaction_count == 3


def test_a_run_that_ended_as_error_is_cancelled(database: Database) -> None:
    for number in range(2):
        post(database, [line(f"beyond 64 bits {number}", amount="60000000000000000.00")])
    run = run_now(database)
    assert run.status is JournalRunStatus.ERROR
    assert cancel_now(database, run.number).status is JournalRunStatus.CANCELLED


def test_each_entry_has_one_outcome_however_the_batches_fall(database: Database) -> None:
    post(database, [line(country, segment_country=country) for country in COUNTRIES])
    run = run_now(database)
    entries = entries_of(database, run)
    set_transferred(database, [entries[1].number], TransferStatus.PROCESSING)
    # Full and partial last batches end the same way.
    for batch, expected in ((2, ["CANCELLED", "FAILED", "CANCELLED", "CANCELLED"]), (1, ["FAILED"]), (3, ["FAILED"])):
        assert cancel_now(database, run.number, batch).status is JournalRunStatus.COMPLETED
        with database.read() as session:
            cancellation = latest_cancellation(session, run.id)
            assert cancellation is not None
            outcomes = outcomes_after(session, cancellation.id, 0, 100)
        assert [outcome.outcome for outcome in outcomes] == [CancelOutcome[word] for word in expected]
    assert [entry.status for entry in entries_of(database, run)].count(JournalEntryStatus.CREATED) == 1

"""The rules of deleting a run."""

from typing import Any

from storage.audit import AuditEvent, events_of
from storage.columns import now
from storage.journal_runs import lock_run_numbered
from storage.words import JournalRunStatus
from tests.support.client import Client
from tests.support.held import held
from tests.support.ledger import line, post


def assert_refused(payload: dict[str, Any], number: str, status: str) -> None:
    """The deletion was refused, naming the run's status and the one that allows it."""
    assert (payload["journalRun"], payload["deletedNumber"]) == (None, None)
    (error,) = payload["errors"]
    assert (error["code"], error["field"]) == ("STATUS_NOT_ALLOWED", ["input", "number"])
    assert error["message"] == f"Journal run {number} is {status}; delete is possible only from Cancelled."


def test_only_a_cancelled_run_is_deleted(client: Client) -> None:
    post(client.database, [line("a")])
    with held("make_entries"):
        with held("begin"):
            number = client.create()["journalRun"]["number"]
            assert_refused(client.delete(number), number, "Pending")
        client.wait(number, "PROCESSING")
        assert_refused(client.delete(number), number, "Processing")
    client.wait(number, "COMPLETED")
    assert_refused(client.delete(number), number, "Completed")
    with client.database.write() as session:
        run = lock_run_numbered(session, number)
        assert run is not None
        run.status = JournalRunStatus.ERROR
    assert_refused(client.delete(number), number, "Error")
    with held("cancel_batch"):
        client.cancel(number)
        assert_refused(client.delete(number), number, "CancelInprogress")
    client.wait(number, "CANCELLED")
    with held("delete_batch"):
        accepted = client.delete(number)
        assert (accepted["errors"], accepted["deletedNumber"]) == ([], number)
        assert accepted["journalRun"]["status"] == "DELETE_IN_PROGRESS"
        assert len(client.entries(number)) == 1
        assert_refused(client.delete(number), number, "DeleteInprogress")
    client.wait_until_gone(number)
    (error,) = client.delete(number)["errors"]
    assert (error["code"], error["message"]) == ("UNKNOWN", f"There is no journal run '{number}'.")


def moves(trail: list[AuditEvent]) -> list[tuple[str, str, str | None, str | None]]:
    """Who did what to a run, and its status before and after."""
    return [
        (event.actor, event.action, (event.before or {}).get("status"), (event.after or {}).get("status"))
        for event in trail
    ]


def test_deleting_a_run_removes_its_entries_but_keeps_its_number_and_audit_trail(
    client: Client,
) -> None:
    began = now()
    post(client.database, [line("a"), line("b", segment_country="FR")])
    kept = client.completed(transactionTypes=["TAXATION_ITEM"])["number"]
    number = client.completed()["number"]
    entries = [entry["number"] for entry in client.entries(number)]
    client.cancel(number)
    client.wait(number, "CANCELLED")
    client.delete(number)
    client.wait_until_gone(number)

    assert client.query("{ journalRuns { nodes { number } } }") == {"journalRuns": {"nodes": [{"number": kept}]}}
    assert client.query("{ journalEntries { totalCount } }") == {"journalEntries": {"totalCount": 0}}
    following = client.completed()
    assert (following["number"], following["transactionCount"]) == ("JR-00000003", 2)
    assert [entry["number"] for entry in client.entries(following["number"])] == ["JE-00000003", "JE-00000004"]
    assert entries == ["JE-00000001", "JE-00000002"]

    with client.database.read() as session:
        trail = events_of(session, "JournalRun", number)
    assert moves(trail) == [
        ("anonymous", "create", None, "Pending"),
        ("system", "process", "Processing", "Completed"),
        ("anonymous", "cancel", "Completed", "CancelInprogress"),
        ("system", "finish cancellation", "CancelInprogress", "Cancelled"),
        ("anonymous", "delete", "Cancelled", "DeleteInprogress"),
        ("system", "finish deletion", "DeleteInprogress", None),
    ]
    times = [began, *(event.occurred_at for event in trail), now()]
    assert times == sorted(times)
    last = trail[-1].before
    assert last is not None
    assert (last["number"], last["total_journal_entry_count"], last["created_by"]) == (number, 2, "anonymous")

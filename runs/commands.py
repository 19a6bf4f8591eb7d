"""The commands of callers: to create, cancel and delete a run, and to cancel one entry.

Each is complete when it returns: lock, rules, change, audit trail, workflow and wake-up. The caller only commits. Each
raises Invalid, with every violation, and has then changed nothing that a rollback does not undo.
"""

from collections.abc import Sequence

from sqlmodel import Session

from runs.cancel import start_cancellation
from runs.cancel_entry import cancel_single_entry
from runs.create import insert_run
from runs.create_rules import RunDraft, check
from runs.delete import start_deletion
from runs.idempotency import earlier_run, remember_key
from runs.violations import Invalid, Rule, Violation
from runs.workflows import Workflows
from storage.journal_entries import JournalEntry, lock_entries_numbered
from storage.journal_runs import JournalRun, lock_run_numbered, lock_run_of_entry
from storage.numbering import lock_series


def create_run(session: Session, workflows: Workflows, draft: RunDraft, actor: str) -> JournalRun:
    """Create a Pending run, which is then processed. The same idempotency key with the same input returns its run."""
    # Of two concurrent callers, the second waits here, and then sees the run of the first.
    lock_series(session, "JR")
    reused: Sequence[Violation] = ()
    try:
        earlier = earlier_run(session, draft)
        if earlier is not None:
            return earlier
    except Invalid as invalid:
        reused = invalid.violations
    run = insert_run(session, check(session, draft, reused), actor)
    remember_key(session, draft, run)
    workflows.enqueue(session, run)
    return run


def cancel_run(session: Session, workflows: Workflows, number: str, actor: str) -> JournalRun:
    """Start cancelling a Pending, Error or Completed run. Its entries are tried afterwards."""
    run = _locked(session, number)
    start_cancellation(session, run, actor)
    workflows.enqueue(session, run)
    return run


def delete_run(session: Session, workflows: Workflows, number: str, actor: str) -> JournalRun:
    """Start deleting a Cancelled run. The run and its entries are deleted afterwards."""
    run = _locked(session, number)
    start_deletion(session, run, actor)
    workflows.enqueue(session, run)
    return run


def cancel_entry(session: Session, workflows: Workflows, number: str, actor: str) -> JournalEntry:
    """Cancel one live entry, unless its transfer status is Yes or Processing. Its transactions become free at once."""
    # The run before its entries, as everywhere, so that two callers cannot deadlock.
    run = lock_run_of_entry(session, number)
    entry = lock_entries_numbered(session, [number]).get(number)
    if entry is None:
        raise Invalid([unknown_entry(number, "number")])
    cancel_single_entry(session, run, entry, actor)
    if run is not None:
        workflows.announce(session, run.id)
    return entry


def unknown_entry(number: str, *path: str | int) -> Violation:
    """The violation of a number that no entry has."""
    return Violation(Rule.UNKNOWN, f"there is no journal entry {number!r}", path)


def _locked(session: Session, number: str) -> JournalRun:
    run = lock_run_numbered(session, number)
    if run is None:
        raise Invalid([Violation(Rule.UNKNOWN, f"there is no journal run {number!r}", ("number",))])
    return run

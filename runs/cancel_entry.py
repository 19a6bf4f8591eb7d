"""Cancelling a single journal entry."""

from sqlmodel import Session

from runs.held import is_held, why_held
from runs.violations import Invalid, Rule, Violation
from storage import audit
from storage.claims import release_entries
from storage.journal_entries import JournalEntry, mark_cancelled
from storage.journal_runs import JournalRun
from storage.organizations import is_within, limit_of
from storage.words import JournalEntryStatus, JournalRunStatus, Permission


def cancel_single_entry(session: Session, run: JournalRun | None, entry: JournalEntry, actor: str) -> None:
    """Cancel a locked entry of a locked run; its transactions become free for the next run.

    The run keeps its status, even if this was its last live entry. Raises Invalid.
    """
    if entry.status is JournalEntryStatus.CANCELLED:
        raise _not_allowed(entry, f"journal entry {entry.number} is already Cancelled")
    if is_held(entry):
        raise _not_allowed(entry, why_held(entry.number, entry.transferred_to_accounting))
    if run is not None and run.status is JournalRunStatus.CANCEL_IN_PROGRESS:
        named = f" {run.number}" if is_within(run.organization_labels, limit_of(session)) else ""
        message = f"journal entry {entry.number} cannot be cancelled separately while its journal run{named} is being"
        raise _not_allowed(entry, f"{message} cancelled; wait for its outcome", Permission.VIEW_JOURNAL_RUNS)
    mark_cancelled(session, [entry.id])
    release_entries(session, [entry.id])
    if run is not None:
        # Followers of the run see how many of its entries are live.
        run.revision += 1
        session.add(run)
    audit.record(
        session,
        actor=actor,
        action=audit.Action.CANCEL,
        subject_type=audit.SubjectType.JOURNAL_ENTRY,
        subject=entry.number,
        before={"status": JournalEntryStatus.CREATED.value},
        after={"status": JournalEntryStatus.CANCELLED.value},
    )
    session.refresh(entry)


def _not_allowed(entry: JournalEntry, message: str, shows: Permission = Permission.VIEW_JOURNAL_ENTRIES) -> Invalid:
    otherwise = f"journal entry {entry.number} cannot be cancelled now"
    return Invalid([Violation(Rule.STATUS_NOT_ALLOWED, message, ("number",), shows, otherwise)])

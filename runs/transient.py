"""Transient statuses: a workflow is processing the run, or must be started."""

from runs.states import TRANSITIONS, Event
from storage.journal_runs import RUNNING, JournalRun
from storage.words import JournalRunStatus

WORKFLOWS = {
    JournalRunStatus.PENDING: "create_journal_run",
    JournalRunStatus.PROCESSING: "create_journal_run",
    JournalRunStatus.CANCEL_IN_PROGRESS: "cancel_journal_run",
    JournalRunStatus.DELETE_IN_PROGRESS: "delete_journal_run",
}
"""The workflow for a run in a transient status."""

TRANSIENT = tuple(WORKFLOWS)

_BY_CALLERS = {Event.CANCEL, Event.DELETE}

# A run leaves every transient status without a caller; the end of a deletion is no status.
assert set(TRANSIENT) == {status for status, event in TRANSITIONS if event not in _BY_CALLERS} | {
    JournalRunStatus.DELETE_IN_PROGRESS
}
assert set(RUNNING) == {status for status, name in WORKFLOWS.items() if name == "create_journal_run"}


def workflow_id(run: JournalRun) -> str:
    """The id of the run's current workflow; every attempt has its own."""
    return f"{WORKFLOWS[run.status]}:{run.number}:{run.attempt}"

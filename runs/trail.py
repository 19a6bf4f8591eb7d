"""The audit trail of runs."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from storage import audit
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus

SYSTEM = "system"
"""Who does what nobody asks for in person: the workflows."""

_BOOKKEEPING = {"id", "revision", "attempt"}


def record(
    session: Session,
    run: JournalRun,
    actor: str,
    action: str,
    before: JournalRunStatus,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write down that the run went from a status into its present one, with whatever else came of it."""
    audit.record(
        session,
        actor=actor,
        action=action,
        subject_type="JournalRun",
        subject=run.number,
        before={"status": before.value},
        after={"status": run.status.value, **(after or {})},
    )


def record_created(session: Session, run: JournalRun, actor: str) -> None:
    """Write down a new run, whole."""
    audit.record(
        session, actor=actor, action="create", subject_type="JournalRun", subject=run.number, after=_whole(run)
    )


def record_deleted(session: Session, run: JournalRun) -> None:
    """Write down a run that is about to be gone, whole."""
    audit.record(
        session,
        actor=SYSTEM,
        action="finish deletion",
        subject_type="JournalRun",
        subject=run.number,
        before=_whole(run),
    )


def _whole(run: JournalRun) -> dict[str, Any]:
    return run.model_dump(mode="json", exclude=_BOOKKEEPING)

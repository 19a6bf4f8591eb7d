"""The audit trail of runs."""

from collections.abc import Mapping
from typing import Any

from sqlmodel import Session

from storage import audit
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus

SYSTEM = "system"
"""The actor of changes made by workflows."""

_BOOKKEEPING = {"id", "revision", "attempt", "updated_at"}


def record(
    session: Session,
    run: JournalRun,
    actor: str,
    action: audit.Action,
    before: JournalRunStatus,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Record a change of status, with further new values."""
    audit.record(
        session,
        actor=actor,
        action=action,
        subject_type=audit.SubjectType.JOURNAL_RUN,
        subject=run.number,
        before={"status": before.value},
        after={"status": run.status.value, **(after or {})},
    )


def record_created(session: Session, run: JournalRun, actor: str) -> None:
    """Record a new run, with all its values."""
    audit.record(
        session,
        actor=actor,
        action=audit.Action.CREATE,
        subject_type=audit.SubjectType.JOURNAL_RUN,
        subject=run.number,
        after=_values(run),
    )


def record_deleted(session: Session, run: JournalRun) -> None:
    """Record the deletion of a run, with all its values."""
    audit.record(
        session,
        actor=SYSTEM,
        action=audit.Action.FINISH_DELETION,
        subject_type=audit.SubjectType.JOURNAL_RUN,
        subject=run.number,
        before=_values(run),
    )


def _values(run: JournalRun) -> dict[str, Any]:
    return run.model_dump(mode="json", exclude=_BOOKKEEPING)

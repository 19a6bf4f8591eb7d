"""Which runs have changed lately, found by the audit trail: its cost depends on the changes, not on the runs."""

from collections.abc import Iterable

from sqlmodel import Session, col, func, select

from storage.audit import AuditEvent, SubjectType
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus


def newest_event(session: Session) -> int:
    """The id of the newest event in the audit trail; 0 if it is empty."""
    return session.execute(select(func.max(col(AuditEvent.id)))).scalar_one() or 0


def runs_changed_after(session: Session, event: int, statuses: Iterable[JournalRunStatus]) -> list[JournalRun]:
    """The runs with an event after that one, of themselves or of an entry, and those in the statuses; oldest first.

    A run in a transient status changes without an event, so the caller gives these statuses.
    """
    recent = AuditEvent.id > event
    ids = set(session.exec(select(JournalRun.id).where(col(JournalRun.status).in_(list(statuses)))))
    subject = col(AuditEvent.subject)
    of_runs = select(col(JournalRun.id)).join(AuditEvent, col(JournalRun.number) == subject)
    of_entries = select(col(JournalEntry.journal_run_id)).join(AuditEvent, col(JournalEntry.number) == subject)
    for changed, subject_type in ((of_runs, SubjectType.JOURNAL_RUN), (of_entries, SubjectType.JOURNAL_ENTRY)):
        found = session.execute(changed.where(recent, AuditEvent.subject_type == subject_type.value).distinct())
        ids.update(run_id for run_id in found.scalars() if run_id is not None)
    return list(session.exec(select(JournalRun).where(col(JournalRun.id).in_(ids)).order_by(col(JournalRun.id))))

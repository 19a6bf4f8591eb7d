"""The audit trail: who changed what and when, with the values before and after. It is append-only."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field, Session, SQLModel, col, select

from storage.columns import Identifier, UtcDateTime, now


class Action(StrEnum):
    """What was done. The texts are in every ledger, so they never change."""

    CREATE = "create"
    PROCESS = "process"
    CANCEL = "cancel"
    FINISH_CANCELLATION = "finish cancellation"
    DELETE = "delete"
    FINISH_DELETION = "finish deletion"
    SET_TRANSFERRED = "set transferred to accounting"
    SET_NOTES = "set notes"
    IMPORT = "import"
    RECORD = "record"
    SET = "set"
    REVOKE = "revoke"


class SubjectType(StrEnum):
    """What a change was made to. The texts are in every ledger, so they never change."""

    JOURNAL_RUN = "JournalRun"
    JOURNAL_ENTRY = "JournalEntry"
    TRANSACTIONS = "Transactions"
    ACCOUNTING_CODES = "AccountingCodes"
    ACCOUNTING_PERIODS = "AccountingPeriods"
    SEGMENTS = "Segments"
    LEDGER = "Ledger"
    API_KEY = "ApiKey"
    BI_ROLE = "BiRole"


class AuditEvent(SQLModel, table=True):
    """One recorded change. It stays when its subject is deleted."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("audit_event_by_subject", "subject_type", "subject"),)

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    occurred_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    actor: str = Field(max_length=255)
    action: str = Field(max_length=100)
    subject_type: str = Field(max_length=100)
    subject: str = Field(max_length=255)
    before: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    after: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))


def record(
    session: Session,
    *,
    actor: str,
    action: Action,
    subject_type: SubjectType,
    subject: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Add an event to the audit trail, in the same transaction as the change: both are committed, or neither."""
    session.add(
        AuditEvent(
            occurred_at=now(),
            actor=actor,
            action=action.value,
            subject_type=subject_type.value,
            subject=subject[:255],
            before=None if before is None else dict(before),
            after=None if after is None else dict(after),
        )
    )


def events_of(session: Session, subject_type: str, subject: str) -> list[AuditEvent]:
    """The changes of one subject, oldest first."""
    return list(
        session.exec(
            select(AuditEvent)
            .where(AuditEvent.subject_type == subject_type, AuditEvent.subject == subject)
            .order_by(col(AuditEvent.id))
        )
    )

"""Idempotency keys: the same key with the same input returns the same run."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, Column
from sqlmodel import Field, Session, SQLModel

from storage.columns import UtcDateTime


class IdempotencyKey(SQLModel, table=True):
    """An idempotency key, with the input and the run that it was used for."""

    __tablename__ = "idempotency_key"

    key: str = Field(primary_key=True, max_length=255)
    request: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    journal_run_number: str = Field(max_length=20)
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


def idempotency_key(session: Session, key: str) -> IdempotencyKey | None:
    """The earlier use of the key, if there is one."""
    return session.get(IdempotencyKey, key)

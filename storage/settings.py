"""The ledger's settings: its home currency, and whether entries are kept in it. They are in one row of the ledger."""

from dataclasses import dataclass

from sqlalchemy import CheckConstraint, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from storage.database import is_sqlite
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey

LOCK_SECONDS = 10
"""How long whoever changes the settings waits for those who post."""


class LedgerSettings(SQLModel, table=True):
    """The settings of the ledger; None means not set."""

    __tablename__ = "ledger_settings"
    __table_args__ = (CheckConstraint("id = 1", name="one_row_of_settings"),)

    id: int = Field(default=1, primary_key=True)
    home_currency: str | None = Field(default=None, max_length=3)
    aggregate_currency: bool | None = None


@dataclass(frozen=True, slots=True)
class Ledger:
    """The effective settings: the home currency, if one is set, and whether entries are kept in it."""

    home_currency: str | None = None
    aggregate_currency: bool = False


def settings_row(session: Session) -> LedgerSettings:
    """The stored settings."""
    return session.exec(select(LedgerSettings)).one()


def ledger_of(session: Session) -> Ledger:
    """The effective settings."""
    settings = settings_row(session)
    return Ledger(settings.home_currency, bool(settings.aggregate_currency))


def hold_ledger(session: Session) -> Ledger:
    """How the ledger keeps its books, which stays so until the transaction ends: what it posts is recorded by it."""
    settings = session.exec(select(LedgerSettings).with_for_update(read=True)).one()
    return Ledger(settings.home_currency, bool(settings.aggregate_currency))


def lock_settings(session: Session) -> LedgerSettings:
    """The settings, locked until the transaction ends; nobody posts meanwhile.

    An import may hold them for long: after LOCK_SECONDS the transaction ends as DatabaseBusy.
    """
    if not is_sqlite(session):
        session.execute(text(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'"))
    return session.exec(select(LedgerSettings).with_for_update()).one()


def recorded_home_currencies(session: Session) -> list[str]:
    """The currencies of recorded home amounts, in alphabetical order."""
    home = col(PostingKey.home_currency)
    return sorted(code for code in session.exec(select(home).where(home.is_not(None)).distinct()) if code is not None)


def count_without_home_amount(session: Session, home_currency: str) -> int:
    """The number of transactions in other currencies without a home amount; the home currency needs none."""
    total = session.exec(
        select(func.sum(PostingBucket.transaction_count))
        .join(PostingKey, col(PostingKey.id) == col(PostingBucket.posting_key_id))
        .where(col(PostingKey.home_currency).is_(None), PostingKey.currency != home_currency)
    ).one()
    return int(total or 0)

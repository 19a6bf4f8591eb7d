"""Accounting periods: the named ranges of days for which runs are created."""

from bisect import bisect_right
from collections.abc import Iterable
from datetime import date, datetime

from sqlalchemy import Column
from sqlmodel import Field, Session, SQLModel, col, func, or_, select

from storage.clock import updated_at
from storage.columns import Identifier, wire_enum
from storage.pages import Key, Order, Page, Window, page_of
from storage.words import AccountingPeriodStatus


class AccountingPeriod(SQLModel, table=True):
    """A named range of days. Periods do not overlap; one without an end is open-ended, and runs cannot use it."""

    __tablename__ = "accounting_period"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    name: str = Field(max_length=100, unique=True)
    start_date: date = Field(unique=True)
    end_date: date | None = None
    fiscal_year: int | None = None
    fiscal_quarter: int | None = None
    status: AccountingPeriodStatus = Field(
        default=AccountingPeriodStatus.OPEN, sa_column=Column(wire_enum(AccountingPeriodStatus), nullable=False)
    )
    updated_at: datetime = Field(default=None, sa_column=updated_at())


def period_named(session: Session, name: str) -> AccountingPeriod | None:
    """The accounting period with that name."""
    return session.exec(select(AccountingPeriod).where(AccountingPeriod.name == name)).one_or_none()


def period_starting(session: Session, day: date) -> AccountingPeriod | None:
    """The accounting period that starts on that day."""
    return session.exec(select(AccountingPeriod).where(AccountingPeriod.start_date == day)).one_or_none()


def period_of(session: Session, day: date) -> AccountingPeriod | None:
    """The accounting period that includes the day; at most one, since periods do not overlap."""
    return session.exec(
        select(AccountingPeriod)
        .where(
            AccountingPeriod.start_date <= day,
            or_(col(AccountingPeriod.end_date).is_(None), col(AccountingPeriod.end_date) >= day),
        )
        .order_by(col(AccountingPeriod.start_date).desc())
        .limit(1)
    ).one_or_none()


def periods_of_days(session: Session, days: Iterable[date]) -> dict[date, AccountingPeriod]:
    """The accounting period of each day that is in one, read with one statement."""
    periods = all_periods(session)
    starts = [period.start_date for period in periods]
    found: dict[date, AccountingPeriod] = {}
    for day in set(days):
        place = bisect_right(starts, day) - 1
        if place >= 0 and ((end := periods[place].end_date) is None or day <= end):
            found[day] = periods[place]
    return found


def all_periods(session: Session) -> list[AccountingPeriod]:
    """All accounting periods, by start date."""
    return list(session.exec(select(AccountingPeriod).order_by(col(AccountingPeriod.start_date))))


def periods_by_id(session: Session, ids: Iterable[int]) -> dict[int, AccountingPeriod]:
    """The accounting periods with these ids."""
    rows = session.exec(select(AccountingPeriod).where(col(AccountingPeriod.id).in_(set(ids))))
    return {row.id: row for row in rows}


def save_period(session: Session, values: AccountingPeriod) -> AccountingPeriod:
    """Insert the accounting period, or update the one with that name. The caller must check for overlaps."""
    existing = period_named(session, values.name)
    if existing is None:
        session.add(values)
        session.flush()
        return values
    existing.sqlmodel_update(values.model_dump(exclude={"id", "updated_at"}))
    session.add(existing)
    session.flush()
    return existing


PERIODS: Order[AccountingPeriod] = Order(
    "periods",
    [
        Key("start_date", col(AccountingPeriod.start_date), date, lambda period: period.start_date),
        Key("id", col(AccountingPeriod.id), int, lambda period: period.id),
    ],
)
"""Accounting periods by start date."""


def accounting_periods(session: Session, window: Window) -> Page[AccountingPeriod]:
    """One page of accounting periods."""
    return page_of(session, select(AccountingPeriod), PERIODS, window)


def count_accounting_periods(session: Session) -> int:
    """The number of accounting periods."""
    return session.exec(select(func.count()).select_from(AccountingPeriod)).one()

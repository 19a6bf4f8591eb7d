"""The ledger's clock: the moment of each change, in the order of commits.

A reader that asks for what came after the last moment it knows never misses a late commit: whoever changes a row of the
flat model takes the next moment of the clock first, and nobody else can take one before that transaction has ended.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Column, Connection, event, update
from sqlalchemy.engine import Engine
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlmodel import Field, Session, SQLModel, select

from storage.columns import Identifier, UtcDateTime, now

_TAKEN = "moment_of_change"

_RESOLUTION = timedelta(microseconds=1)


class LedgerClock(SQLModel, table=True):
    """The moment of the ledger's last change; one row."""

    __tablename__ = "ledger_clock"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    moment: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))


def moment_of_change(session: Session) -> datetime:
    """The moment of this transaction's changes: later than every change that was committed before.

    On PostgreSQL, the first call waits for other transactions that have taken a moment and have not ended. So it comes
    after the locks of rows that others may lock before they take one.
    """
    return _moment(session.connection())


def updated_at() -> Column[Any]:
    """A column with the moment of a row's last change. Every INSERT and UPDATE sets it, unless it is plain SQL."""
    return Column(UtcDateTime, nullable=False, default=_of_statement, onupdate=_of_statement)


def forget_moments(engine: Engine) -> None:
    """Take a new moment in each transaction of the engine."""

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.info.pop(_TAKEN, None)

    @event.listens_for(engine, "rollback_savepoint")
    def _rolled_back(connection: Connection, _name: str, _context: object) -> None:
        # The clock has gone back too, if it was moved since the savepoint.
        connection.info.pop(_TAKEN, None)


def _of_statement(context: DefaultExecutionContext) -> datetime:
    return _moment(context.root_connection)


def _moment(connection: Connection) -> datetime:
    if _TAKEN not in connection.info:
        clock = LedgerClock.__table__  # type: ignore[attr-defined]
        last: datetime = connection.execute(select(clock.c.moment).with_for_update()).scalar_one()
        # The clocks of machines differ, and can be set back.
        taken = max(now(), last + _RESOLUTION)
        connection.execute(update(clock).values(moment=taken))
        connection.info[_TAKEN] = taken
    moment: datetime = connection.info[_TAKEN]
    return moment

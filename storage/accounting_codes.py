"""Accounting codes: the accounts of the subledger."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Column
from sqlmodel import Field, Session, SQLModel, col, func, select

from storage.clock import updated_at
from storage.columns import Identifier, wire_enum
from storage.journal_entry_items import touch_entries_with_codes
from storage.pages import Key, Order, Page, Window, page_of
from storage.words import AccountingCodeCategory, AccountingCodeStatus


class AccountingCode(SQLModel, table=True):
    """An account of the subledger; it maps to an account of the general ledger."""

    __tablename__ = "accounting_code"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    name: str = Field(max_length=100, unique=True)
    type: str = Field(max_length=100)
    category: AccountingCodeCategory | None = Field(default=None, sa_column=Column(wire_enum(AccountingCodeCategory)))
    status: AccountingCodeStatus = Field(
        default=AccountingCodeStatus.ACTIVE, sa_column=Column(wire_enum(AccountingCodeStatus), nullable=False)
    )
    gl_account_name: str | None = Field(default=None, max_length=255)
    gl_account_number: str | None = Field(default=None, max_length=255)
    updated_at: datetime = Field(default=None, sa_column=updated_at())


_SHOWN_BY_ITEMS = ("type", "gl_account_name", "gl_account_number")


class CodeToPost(NamedTuple):
    """What posting needs of an accounting code."""

    id: int
    name: str
    status: AccountingCodeStatus


def all_codes(session: Session) -> dict[str, CodeToPost]:
    """What posting needs of all accounting codes, by name. A chart of accounts is small enough to read entirely."""
    rows = session.execute(select(col(AccountingCode.id), col(AccountingCode.name), col(AccountingCode.status)))
    return {name: CodeToPost(code_id, name, status) for code_id, name, status in rows}


def code_named(session: Session, name: str) -> AccountingCode | None:
    """The accounting code with that name."""
    return session.exec(select(AccountingCode).where(AccountingCode.name == name)).one_or_none()


def codes_by_id(session: Session, ids: Iterable[int]) -> dict[int, AccountingCode]:
    """The accounting codes with these ids."""
    rows = session.exec(select(AccountingCode).where(col(AccountingCode.id).in_(set(ids))))
    return {row.id: row for row in rows}


def save_codes(session: Session, codes: Iterable[AccountingCode]) -> None:
    """Insert accounting codes, or update those with their names. Codes are never removed.

    The entries whose items show what has changed count as changed.
    """
    given = list(codes)
    known = {code.name: code for code in session.exec(select(AccountingCode))}
    changed = [
        known[values.name].id
        for values in given
        if values.name in known
        and any(getattr(known[values.name], name) != getattr(values, name) for name in _SHOWN_BY_ITEMS)
    ]
    if changed:
        touch_entries_with_codes(session, changed)
    for values in given:
        existing = code_named(session, values.name)
        if existing is None:
            session.add(values)
            session.flush()
            continue
        existing.sqlmodel_update(values.model_dump(exclude={"id", "updated_at"}))
        session.add(existing)
    session.flush()


CODES: Order[AccountingCode] = Order(
    "codes",
    [
        Key("name", col(AccountingCode.name), str, lambda code: code.name),
        Key("id", col(AccountingCode.id), int, lambda code: code.id),
    ],
)
"""Accounting codes by name."""


def accounting_codes(session: Session, window: Window) -> Page[AccountingCode]:
    """One page of accounting codes."""
    return page_of(session, select(AccountingCode), CODES, window)


def count_accounting_codes(session: Session) -> int:
    """The number of accounting codes."""
    return session.exec(select(func.count()).select_from(AccountingCode)).one()

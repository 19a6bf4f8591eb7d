"""The items of journal entries: their debit and credit lines."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, CheckConstraint, Column, ForeignKey, Index, update
from sqlalchemy.orm import relationship
from sqlmodel import Field, Relationship, Session, SQLModel, col, func, select

from storage.clock import moment_of_change
from storage.columns import Identifier, wire_enum
from storage.currencies import Currency, currency_named
from storage.journal_entries import JournalEntry
from storage.money import Minor, to_decimal
from storage.row_inserts import insert_rows
from storage.words import ItemType

if TYPE_CHECKING:
    from storage.accounting_codes import AccountingCode


class JournalEntryItem(SQLModel, table=True):
    """A debit or credit line of an entry. Its amounts are never negative."""

    __tablename__ = "journal_entry_item"
    __table_args__ = (
        CheckConstraint("amount >= 0 AND (home_amount IS NULL OR home_amount >= 0)", name="item_not_negative"),
        Index("journal_entry_item_by_entry", "journal_entry_id", "position", unique=True),
    )

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    journal_entry_id: int = Field(sa_column=Column(Identifier, ForeignKey("journal_entry.id"), nullable=False))
    position: int
    accounting_code_id: int = Field(sa_column=Column(Identifier, ForeignKey("accounting_code.id"), nullable=False))
    type: ItemType = Field(sa_column=Column(wire_enum(ItemType), nullable=False))
    currency: str = Field(max_length=3)
    amount_minor: Minor = Field(sa_column=Column("amount", BigInteger, nullable=False))
    home_currency: str | None = Field(default=None, max_length=3)
    home_amount_minor: Minor | None = Field(default=None, sa_column=Column("home_amount", BigInteger))
    currency_row: Currency = Relationship(sa_relationship=currency_named("JournalEntryItem.currency"))
    """The ledger's row of the currency, which has the digits; read with this row."""
    home_currency_row: Currency | None = Relationship(sa_relationship=currency_named("JournalEntryItem.home_currency"))
    """The row of the home currency."""
    entry: JournalEntry = Relationship(sa_relationship=relationship(JournalEntry, viewonly=True, lazy="raise"))
    """The row of the entry; only where a statement reads it."""
    code: "AccountingCode" = Relationship(sa_relationship=relationship("AccountingCode", viewonly=True, lazy="raise"))
    """The row of the accounting code; only where a statement reads it."""

    @property
    def amount(self) -> Decimal:
        """The amount in the entry's currency."""
        return to_decimal(self.amount_minor, self.currency_row)

    @property
    def home_amount(self) -> Decimal | None:
        """The amount in the home currency, if there is one."""
        if self.home_amount_minor is None or self.home_currency_row is None:
            return None
        return to_decimal(self.home_amount_minor, self.home_currency_row)


def items_by_entry(session: Session, entry_ids: Iterable[int]) -> dict[int, list[JournalEntryItem]]:
    """The items of these entries: debits before credits, each in the order in which their codes were first imported.

    The order is computed on reading, so that it also applies to entries of earlier releases.
    """
    rows = session.exec(
        select(JournalEntryItem)
        .where(col(JournalEntryItem.journal_entry_id).in_(set(entry_ids)))
        .order_by(
            col(JournalEntryItem.journal_entry_id),
            col(JournalEntryItem.type) != ItemType.DEBIT,
            col(JournalEntryItem.accounting_code_id),
            col(JournalEntryItem.position),
        )
    )
    items: dict[int, list[JournalEntryItem]] = {}
    for row in rows:
        items.setdefault(row.journal_entry_id, []).append(row)
    return items


def touch_entries_with_codes(session: Session, code_ids: Sequence[int]) -> None:
    """Count the entries as changed that have an item with one of these accounting codes."""
    shown = select(JournalEntryItem.journal_entry_id).where(col(JournalEntryItem.accounting_code_id).in_(code_ids))
    # Before the clock and in this order, as who cancels them does; until no run adds entries meanwhile.
    locked = select(JournalEntry.id).where(col(JournalEntry.id).in_(shown)).order_by(col(JournalEntry.id))
    count, before = select(func.count()).select_from(locked.with_for_update().subquery()), -1
    while (found := session.exec(count).one()) != before:
        before = found
    statement = update(JournalEntry).where(col(JournalEntry.id).in_(shown))
    session.execute(statement.values(updated_at=moment_of_change(session)).execution_options(synchronize_session=False))


def insert_items(session: Session, items: Sequence[Mapping[str, Any]]) -> None:
    """Insert the items of entries, rows by column."""
    insert_rows(session, JournalEntryItem.__table__, items)  # type: ignore[attr-defined]

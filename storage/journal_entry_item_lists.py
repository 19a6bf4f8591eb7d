"""Lists of the items of all entries: filtered, ordered and paged."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import BigInteger, Select, literal_column, select
from sqlalchemy.orm import contains_eager
from sqlmodel import Session, col, func

from storage.accounting_codes import AccountingCode
from storage.conditions import Comparison, Condition, OfJoined, amount_between, combined, given
from storage.documents.computed import digits_of, rest, scale_of, whole_units
from storage.filtering import written
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_entry_lists import EntryFilter, with_code
from storage.money import to_units
from storage.pages import Key, Order, Page, Signed, Window, ordered, page_of
from storage.words import ItemType


@dataclass(frozen=True, slots=True)
class ItemFilter:
    """Conditions on items; None means any."""

    types: Sequence[ItemType] | None = None
    accounting_code_names: Sequence[str] | None = None
    gl_account_numbers: Sequence[str] | None = None
    currencies: Sequence[str] | None = None
    amount_from: Decimal | None = None
    amount_to: Decimal | None = None
    home_amount_from: Decimal | None = None
    home_amount_to: Decimal | None = None
    journal_entry: EntryFilter | None = None
    all_of: "Sequence[ItemFilter] | None" = None
    any_of: "Sequence[ItemFilter] | None" = None
    none_of: "ItemFilter | None" = None

    def conditions(self) -> list[Condition]:
        """Those that are given."""
        entry = [] if self.journal_entry is None else self.journal_entry.conditions()
        return [
            *given("type", Comparison.IN, self.types),
            *_of_code("name", self.accounting_code_names),
            *_of_code("gl_account_number", self.gl_account_numbers),
            *given("currency", Comparison.IN, self.currencies),
            *amount_between("amount", "currency", self.amount_from, self.amount_to),
            *amount_between("home_amount", "home_currency", self.home_amount_from, self.home_amount_to),
            *(OfJoined("e", JournalEntry, one) for one in entry),
            *combined(
                None if self.all_of is None else [one.conditions() for one in self.all_of],
                None if self.any_of is None else [one.conditions() for one in self.any_of],
                None if self.none_of is None else self.none_of.conditions(),
            ),
        ]


def _of_code(attribute: str, values: Sequence[str] | None) -> list[Condition]:
    return [] if values is None else [with_code("accounting_code_id", attribute, values)]


_JOINED = {"e": "journal_entry", "a": "accounting_code"}
"""The tables of an item, by the suffixes that its shape gives them."""

_SCALE = scale_of(digits_of("journal_entry_item.currency"))

ITEM_KEYS: Mapping[str, Sequence[Key[JournalEntryItem]]] = {
    "entry": [
        Key("journal_entry_id", col(JournalEntryItem.journal_entry_id), int, lambda item: item.journal_entry_id),
        Key("position", col(JournalEntryItem.position), int, lambda item: item.position),
    ],
    "date": [
        Key(
            "journal_entry_date", col(JournalEntry.journal_entry_date), date, lambda item: item.entry.journal_entry_date
        )
    ],
    "code": [Key("accounting_code_name", col(AccountingCode.name), str, lambda item: item.code.name)],
    "amount": [
        Key(
            "amount_whole",
            literal_column(whole_units("journal_entry_item.amount", _SCALE), BigInteger),
            Signed,
            lambda item: to_units(item.amount_minor, item.currency_row)[0],
        ),
        Key(
            "amount_rest",
            literal_column(rest("journal_entry_item.amount", _SCALE), BigInteger),
            Signed,
            lambda item: to_units(item.amount_minor, item.currency_row)[1],
        ),
    ],
}
"""The sort keys of items by name."""


def item_order(keys: Sequence[tuple[str, bool]]) -> Order[JournalEntryItem]:
    """The order by these keys, each with whether it is descending."""
    return ordered("items", ITEM_KEYS, keys, "entry")


def journal_entry_items(
    session: Session, filter: ItemFilter, order: Order[JournalEntryItem], window: Window
) -> Page[JournalEntryItem]:
    """One page of items."""
    return page_of(session, _items(session, filter), order, window)


def count_journal_entry_items(session: Session, filter: ItemFilter) -> int:
    """The number of items in the whole list."""
    counted = _items(session, filter).with_only_columns(func.count(), maintain_column_froms=True)
    return int(session.execute(counted).scalar_one())


def _items(session: Session, filter: ItemFilter) -> Select[Any]:
    entry, code = (getattr(JournalEntryItem, name) for name in ("entry", "code"))
    return (
        select(JournalEntryItem)
        .join(entry)
        .join(code)
        .options(contains_eager(entry), contains_eager(code))
        .where(*written(session, JournalEntryItem, filter.conditions(), _JOINED))
    )

"""The values of the ledger as the gateway writes them, for the competitors in Python."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

from storage.words import ItemType, JournalEntryStatus, JournalRunStatus, TransactionType, TransferStatus

WORDS: tuple[type[StrEnum], ...] = (ItemType, JournalEntryStatus, JournalRunStatus, TransactionType, TransferStatus)
"""The vocabularies that the measured documents select."""


def names(words: type[StrEnum]) -> Mapping[str | None, str | None]:
    """The GraphQL name of each stored word."""
    return {None: None, **{word.value: word.name for word in words}}


ENTRY_STATUS = names(JournalEntryStatus)
RUN_STATUS = names(JournalRunStatus)
ITEM_TYPE = names(ItemType)
TRANSACTION_TYPE = names(TransactionType)
TRANSFER_STATUS = names(TransferStatus)


def money(minor: int, digits: int) -> str:
    """The amount with the decimals of its currency."""
    if digits == 0:
        return str(minor)
    text = f"{abs(minor):0{digits + 1}}"
    return f"{'-' if minor < 0 else ''}{text[:-digits]}.{text[-digits:]}"


def moment(value: Any) -> str | None:
    """A moment in ISO 8601, in UTC: SQLite's driver gives a text, PostgreSQL's a datetime."""
    if value is None or isinstance(value, datetime):
        return None if value is None else value.isoformat()
    return f"{value.removesuffix('.000000').replace(' ', 'T')}+00:00"

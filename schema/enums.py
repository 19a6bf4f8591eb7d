"""The domain's vocabularies as GraphQL enums. Their names are the members', their wire strings the descriptions'."""

from enum import StrEnum
from typing import TypeVar

import strawberry

from resolvers.errors import UserErrorCode
from storage.words import (
    AccountingCodeCategory,
    AccountingCodeStatus,
    AccountingPeriodStatus,
    CancelOutcome,
    ItemType,
    JournalEntryStatus,
    JournalRunStatus,
    NotJournaledReason,
    TransactionType,
    TransferStatus,
)

Words = TypeVar("Words", bound=type[StrEnum])


def _describe(words: Words, description: str, values: dict[str, str] | None = None) -> Words:
    """Make the vocabulary a GraphQL enum, with a description for each of its values."""
    described = strawberry.enum(words, description=description)
    for value in described.__strawberry_definition__.values:  # type: ignore[attr-defined]
        member = words[value.name]
        value.description = (values or {}).get(value.name, f"“{member.value}” in the REST interface and in feeds.")
    return described


_describe(TransactionType, "The kind of a posted line of billing activity.")
_describe(
    JournalRunStatus,
    "Where a journal run stands.",
    {
        "PENDING": "Accepted, not yet begun.",
        "PROCESSING": "Collecting transactions and making entries.",
        "COMPLETED": "Its entries are made; or some of them are left after a cancellation.",
        "ERROR": "Could not be processed; nothing of it is left behind. The run's `errorMessage` says why.",
        "CANCEL_IN_PROGRESS": "Its entries are being tried, one after the other.",
        "CANCELLED": "No entry is left uncancelled.",
        "DELETE_IN_PROGRESS": "Being deleted; soon it is gone.",
    },
)
_describe(
    JournalEntryStatus,
    "Whether a journal entry is live.",
    {"CREATED": "Live.", "CANCELLED": "Cancelled; its transactions are free for another run."},
)
_describe(
    TransferStatus,
    "Where a journal entry stands on its way into the general ledger.",
    {
        "NO": "Not transferred.",
        "PROCESSING": "Being transferred; it cannot be cancelled now.",
        "YES": "Transferred; it cannot be cancelled any more.",
        "ERROR": "The transfer failed.",
        "IGNORE": "Not to be transferred.",
    },
)
_describe(
    NotJournaledReason,
    "Why a transaction stands in no journal entry now.",
    {
        "NO_ACCOUNTING_PERIOD": "Its date falls into no accounting period, so no run can collect it yet.",
        "OPEN_ENDED_PERIOD": "Its date falls into a period without an end, which runs never use.",
        "AWAITING_RUN": "The next run that includes its date, type and organisation collects it.",
        "NETS_TO_ZERO": "A run took it, and its amount cancels out with others that would stand in the same entry.",
    },
)
_describe(
    AccountingPeriodStatus,
    "How far the closing of an accounting period is, for people and other systems. It stops nothing here: in any"
    " status, transactions are recorded, runs are possible, and entries can be booked on the period's days.",
    {
        "OPEN": "Open.",
        "PENDING_CLOSE": "About to be closed.",
        "CLOSED": "Closed. Runs for it are possible all the same.",
    },
)
_describe(
    AccountingCodeStatus,
    "Whether an accounting code takes new transactions.",
    {"ACTIVE": "Takes them.", "INACTIVE": "Takes none."},
)
_describe(
    AccountingCodeCategory,
    "The part of the books that an accounting code belongs to.",
    {
        "ASSETS": "What is owned.",
        "LIABILITIES": "What is owed.",
        "EQUITY": "What remains to the owners.",
        "REVENUE": "What is earned.",
        "EXPENSES": "What is spent.",
    },
)
_describe(ItemType, "The side of a journal entry item.", {"DEBIT": "A debit.", "CREDIT": "A credit."})
_describe(
    CancelOutcome,
    "What became of one journal entry that a cancellation tried.",
    {"CANCELED": "It was cancelled.", "FAILED": "It could not be cancelled; `code` and `message` say why."},
)
_describe(
    UserErrorCode,
    "Which kind of rule an input broke.",
    {
        "REQUIRED": "A value is missing that is required here.",
        "INVALID": "The value cannot be taken.",
        "UNKNOWN": "There is nothing of that name or number.",
        "DUPLICATE": "The value is given more than once.",
        "OUT_OF_RANGE": "The value lies outside of what is possible.",
        "INACTIVE": "What is named is inactive.",
        "CONFLICT": "It was recorded before with other content.",
        "PERIOD_MISMATCH": "A target date differs from the accounting period's own.",
        "PERIOD_OPEN_ENDED": "The accounting period has no end; runs never use it.",
        "NOT_IN_ONE_PERIOD": "The target dates do not lie inside one accounting period.",
        "WHOLE_PERIOD_ONLY": "The transaction type can be run for a whole accounting period only.",
        "AGGREGATION_MIXED": "An accounting period is either all aggregated or all not.",
        "RUN_IN_THE_WAY": "Another run is Pending or Processing.",
        "STATUS_NOT_ALLOWED": "Not possible in the present status.",
        "IDEMPOTENCY_KEY_REUSED": "The key was used before with another input.",
    },
)

"""The domain's vocabularies as GraphQL enums: names are enum values, wire strings are in the descriptions."""

from enum import StrEnum
from typing import TypeVar

import strawberry

from runs.violations import Rule
from storage.words import (
    COMMAND_LINE_ONLY,
    AccountingCodeCategory,
    AccountingCodeStatus,
    AccountingPeriodStatus,
    CancelOutcome,
    ItemType,
    JournalEntryStatus,
    JournalRunStatus,
    NotJournaledReason,
    Permission,
    TransactionType,
    TransferStatus,
)

Words = TypeVar("Words", bound=type[StrEnum])


def _describe(words: Words, description: str, values: dict[str, str] | None = None, name: str | None = None) -> Words:
    """Register the vocabulary as a GraphQL enum, with a description for each value."""
    described = strawberry.enum(words, name=name, description=description)
    for value in described.__strawberry_definition__.values:  # type: ignore[attr-defined]
        member = words[value.name]
        value.description = (values or {}).get(value.name, f"“{member.value}” in the REST interface and in feeds.")
    return described


_describe(TransactionType, "The type of a transaction.")
_describe(
    JournalRunStatus,
    "Status of a journal run.",
    {
        "PENDING": "Accepted; processing has not started.",
        "PROCESSING": "Collecting transactions and creating entries.",
        "COMPLETED": "All entries are created; or a cancellation left some entries live.",
        "ERROR": "Processing failed and created no entries. `errorMessage` gives the reason.",
        "CANCEL_IN_PROGRESS": "Its entries are being cancelled.",
        "CANCELLED": "All its entries are cancelled.",
        "DELETE_IN_PROGRESS": "The run and its entries are being deleted.",
    },
)
_describe(
    JournalEntryStatus,
    "Status of a journal entry.",
    {"CREATED": "Live.", "CANCELLED": "Cancelled; its transactions are free for another run."},
)
_describe(
    TransferStatus,
    "Transfer status of a journal entry to the general ledger.",
    {
        "NO": "Not transferred.",
        "PROCESSING": "Transfer in progress; the entry cannot be cancelled.",
        "YES": "Transferred; the entry cannot be cancelled.",
        "ERROR": "The transfer failed.",
        "IGNORE": "Not to be transferred.",
    },
)
_describe(
    NotJournaledReason,
    "Why a transaction is not journaled.",
    {
        "NO_ACCOUNTING_PERIOD": "Its date is not in any accounting period, so no run can collect it.",
        "OPEN_ENDED_PERIOD": "Its date is in an open-ended period, which runs cannot use.",
        "AWAITING_RUN": "The next run that covers its date, type and organisation will collect it.",
        "NETS_TO_ZERO": "A run has collected it, but its group of transactions nets to zero.",
    },
)
_describe(
    AccountingPeriodStatus,
    "Closing status of an accounting period, for people and other systems. In every status, transactions are"
    " recorded, journal runs are possible, and entries can be booked on the days of the period.",
    {"OPEN": "Open.", "PENDING_CLOSE": "About to be closed.", "CLOSED": "Closed. Journal runs are still possible."},
)
_describe(
    AccountingCodeStatus,
    "Status of an accounting code.",
    {"ACTIVE": "New transactions can use it.", "INACTIVE": "New transactions cannot use it."},
)
_describe(
    AccountingCodeCategory,
    "The category of an accounting code in the financial statements.",
    {
        "ASSETS": "Balance sheet: assets.",
        "LIABILITIES": "Balance sheet: liabilities.",
        "EQUITY": "Balance sheet: equity.",
        "REVENUE": "Income statement: revenue.",
        "EXPENSES": "Income statement: expenses.",
    },
)
_describe(
    ItemType, "Whether a journal entry item is a debit or a credit.", {"DEBIT": "A debit.", "CREDIT": "A credit."}
)
_describe(
    Permission,
    "What a caller may do.",
    {
        permission.name: f"“{permission.value}” in `journal-gateway api-key`."
        + (" No field needs it: this is done by the command line." if permission in COMMAND_LINE_ONLY else "")
        for permission in Permission
    },
)
_describe(
    CancelOutcome,
    "The outcome of trying to cancel one journal entry.",
    {
        "CANCELLED": "The entry was cancelled.",
        "FAILED": "The entry could not be cancelled; `code` and `message` give the reason.",
    },
)
_describe(
    Rule,
    "The kind of violation.",
    {
        "REQUIRED": "A required value is missing.",
        "INVALID": "The value is not valid.",
        "UNKNOWN": "Nothing with that name or number exists.",
        "DUPLICATE": "The value is given more than once.",
        "OUT_OF_RANGE": "The value is out of range.",
        "INACTIVE": "The accounting code is inactive.",
        "CONFLICT": "A transaction with this id has been recorded with other content.",
        "PERIOD_MISMATCH": "A target date does not equal the accounting period's own.",
        "PERIOD_OPEN_ENDED": "The accounting period is open-ended; runs cannot use it.",
        "NOT_IN_ONE_PERIOD": "The target dates are not inside one accounting period.",
        "WHOLE_PERIOD_ONLY": "The transaction type requires a run for a whole accounting period.",
        "AGGREGATION_MIXED": "The entries of an accounting period must all be aggregated, or none.",
        "RUN_IN_PROGRESS": "Another run is Pending or Processing.",
        "STATUS_NOT_ALLOWED": "The current status does not allow this.",
        "IDEMPOTENCY_KEY_REUSED": "The idempotency key was used with a different input.",
    },
    name="UserErrorCode",
)

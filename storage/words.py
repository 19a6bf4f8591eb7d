"""The domain's closed vocabularies. A member's value is the established wire string, its name the GraphQL name."""

from enum import StrEnum


class TransactionType(StrEnum):
    """The kinds of posted billing activity that a journal run can collect."""

    INVOICE_ITEM = "Invoice Item"
    TAXATION_ITEM = "Taxation Item"
    INVOICE_ITEM_ADJUSTMENT_INVOICE = "Invoice Item Adjustment (Invoice)"
    INVOICE_ITEM_ADJUSTMENT_TAX = "Invoice Item Adjustment (Tax)"
    INVOICE_ADJUSTMENT = "Invoice Adjustment"
    DEBIT_MEMO_ITEM_CHARGE = "Debit Memo Item (Charge)"
    DEBIT_MEMO_ITEM_TAX = "Debit Memo Item (Tax)"
    CREDIT_MEMO_ITEM_CHARGE = "Credit Memo Item (Charge)"
    CREDIT_MEMO_ITEM_TAX = "Credit Memo Item (Tax)"
    CREDIT_MEMO_APPLICATION_ITEM = "Credit Memo Application Item"
    ELECTRONIC_PAYMENT = "Electronic Payment"
    EXTERNAL_PAYMENT = "External Payment"
    ELECTRONIC_REFUND = "Electronic Refund"
    EXTERNAL_REFUND = "External Refund"
    ELECTRONIC_PAYMENT_APPLICATION = "Electronic Payment Application"
    EXTERNAL_PAYMENT_APPLICATION = "External Payment Application"
    ELECTRONIC_REFUND_APPLICATION = "Electronic Refund Application"
    EXTERNAL_REFUND_APPLICATION = "External Refund Application"
    ELECTRONIC_PAYMENT_APPLICATION_ITEM = "Electronic Payment Application Item"
    EXTERNAL_PAYMENT_APPLICATION_ITEM = "External Payment Application Item"
    ELECTRONIC_REFUND_APPLICATION_ITEM = "Electronic Refund Application Item"
    EXTERNAL_REFUND_APPLICATION_ITEM = "External Refund Application Item"
    ELECTRONIC_CREDIT_BALANCE_PAYMENT = "Electronic Credit Balance Payment"
    EXTERNAL_CREDIT_BALANCE_PAYMENT = "External Credit Balance Payment"
    ELECTRONIC_CREDIT_BALANCE_REFUND = "Electronic Credit Balance Refund"
    EXTERNAL_CREDIT_BALANCE_REFUND = "External Credit Balance Refund"
    CREDIT_BALANCE_ADJUSTMENT_APPLIED_FROM_CREDIT_BALANCE = "Credit Balance Adjustment (Applied from Credit Balance)"
    CREDIT_BALANCE_ADJUSTMENT_TRANSFERRED_TO_CREDIT_BALANCE = (
        "Credit Balance Adjustment (Transferred to Credit Balance)"
    )
    REVENUE_EVENT_ITEM = "Revenue Event Item"


class JournalRunStatus(StrEnum):
    """The status of a journal run. `runs.states` defines the transitions."""

    PENDING = "Pending"
    PROCESSING = "Processing"
    COMPLETED = "Completed"
    ERROR = "Error"
    CANCEL_IN_PROGRESS = "CancelInprogress"
    CANCELLED = "Cancelled"
    DELETE_IN_PROGRESS = "DeleteInprogress"


class JournalEntryStatus(StrEnum):
    """The status of a journal entry."""

    CREATED = "Created"
    CANCELLED = "Cancelled"


class TransferStatus(StrEnum):
    """The transfer status of a journal entry to the general ledger."""

    NO = "No"
    PROCESSING = "Processing"
    YES = "Yes"
    ERROR = "Error"
    IGNORE = "Ignore"


class NotJournaledReason(StrEnum):
    """Why a transaction is not journaled."""

    NO_ACCOUNTING_PERIOD = "No accounting period"
    OPEN_ENDED_PERIOD = "Open-ended period"
    AWAITING_RUN = "Awaiting run"
    NETS_TO_ZERO = "Nets to zero"


class AccountingPeriodStatus(StrEnum):
    """The closing status of an accounting period. Journal runs are possible in every status."""

    OPEN = "Open"
    PENDING_CLOSE = "PendingClose"
    CLOSED = "Closed"


class AccountingCodeStatus(StrEnum):
    """The status of an accounting code: new transactions can use active codes only."""

    ACTIVE = "Active"
    INACTIVE = "Inactive"


class AccountingCodeCategory(StrEnum):
    """The category of an accounting code in the financial statements."""

    ASSETS = "Assets"
    LIABILITIES = "Liabilities"
    EQUITY = "Equity"
    REVENUE = "Revenue"
    EXPENSES = "Expenses"


class ItemType(StrEnum):
    """The side of a journal entry item: debit or credit."""

    DEBIT = "Debit"
    CREDIT = "Credit"


class CancelOutcome(StrEnum):
    """The outcome of trying to cancel one journal entry."""

    CANCELLED = "Canceled"
    FAILED = "Failed"


class Permission(StrEnum):
    """The permissions of callers, with the names that finance administrators know."""

    VIEW_JOURNAL_RUNS = "View journal runs"
    CREATE_JOURNAL_RUN = "Create Journal Run"
    CANCEL_JOURNAL_RUN = "Cancel Journal Run"
    DELETE_CANCELLED_JOURNAL_RUN = "Delete Cancelled Journal Run"
    VIEW_JOURNAL_ENTRIES = "View journal entries"
    CREATE_JOURNAL_ENTRIES = "Create journal entries"
    CANCEL_JOURNAL_ENTRIES = "Cancel journal entries"
    DELETE_JOURNAL_ENTRIES = "Delete journal entries"
    TRANSFER_JOURNAL_ENTRIES = "Transfer journal entries"
    OVERRIDE_TRANSFERRED_TO_ACCOUNTING = "Override Transferred to Accounting"
    MANAGE_ACCOUNTING_PERIODS = "Manage accounting periods"
    MANAGE_ACCOUNTING_CODES_AND_SEGMENTS = "Manage accounting codes and segments"
    IMPORT_TRANSACTIONS = "Import transactions"


COMMAND_LINE_ONLY = frozenset(
    {
        Permission.DELETE_JOURNAL_ENTRIES,
        Permission.MANAGE_ACCOUNTING_PERIODS,
        Permission.MANAGE_ACCOUNTING_CODES_AND_SEGMENTS,
    }
)
"""Permissions for what neither interface offers. The operator does it by the command line, which needs none."""

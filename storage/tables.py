"""All tables; importing them adds them to SQLModel's metadata."""

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.api_keys import AccessToken, ApiKey
from storage.audit import AuditEvent
from storage.bucket_transactions import BucketTransaction
from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.clock import LedgerClock
from storage.currencies import Currency
from storage.deletions import Deletion
from storage.idempotency_keys import IdempotencyKey
from storage.journal_entries import JournalEntry
from storage.journal_entry_items import JournalEntryItem
from storage.journal_runs import JournalRun
from storage.numbering import Numbering
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.posting_parts import PostingPart
from storage.postings import Posting
from storage.segments import SegmentationRule, SegmentationRuleSegment, SegmentDefinition
from storage.settings import LedgerSettings
from storage.transactions import Transaction

TABLES = (
    AccessToken,
    AccountingCode,
    AccountingPeriod,
    ApiKey,
    AuditEvent,
    BucketTransaction,
    Cancellation,
    Currency,
    Deletion,
    EntryCancelOutcome,
    IdempotencyKey,
    JournalEntry,
    JournalEntryItem,
    JournalRun,
    LedgerClock,
    LedgerSettings,
    Numbering,
    Posting,
    PostingBucket,
    PostingKey,
    PostingPart,
    SegmentDefinition,
    SegmentationRule,
    SegmentationRuleSegment,
    Transaction,
)

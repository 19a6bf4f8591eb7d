"""Totals of journal entries."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import UNSET

from schema.accounting import Segment
from schema.list_size import SEGMENTS, assumed
from schema.permissions import stated
from storage.totals_keys import TotalsGroup, TotalsKey
from storage.words import JournalEntryStatus, Permission, TransactionType, TransferStatus

_DESCRIPTIONS = {
    TotalsKey.PERIOD: "Accounting period of the transactions.",
    TotalsKey.MONTH: "Month of the journal entry date.",
    TotalsKey.DATE: "Journal entry date.",
    TotalsKey.ACCOUNTING_CODE: "Accounting code of the items.",
    TotalsKey.GL_ACCOUNT: "General-ledger account of the items: its number and its name.",
    TotalsKey.TRANSACTION_TYPE: "Type of the transactions.",
    TotalsKey.CURRENCY: "Currency. Rows are always split by it; as a key, it decides their order too.",
    TotalsKey.ORGANIZATION: "Organisation of the transactions.",
    TotalsKey.SEGMENT: "The value of the segment that `segmentName` names.",
    TotalsKey.TRANSFER_STATUS: "Transfer status to the general ledger.",
    TotalsKey.STATUS: "Whether the entry is live. Cancelled entries count only if the filter's `statuses` has them.",
    TotalsKey.JOURNAL_RUN: "The run that created the entry. The caller needs the permission to view journal runs.",
}

JournalEntryTotalsKey = strawberry.enum(TotalsKey, name="JournalEntryTotalsKey", description="What to group by.")
for _value in JournalEntryTotalsKey.__strawberry_definition__.values:  # type: ignore[attr-defined]
    _value.description = _DESCRIPTIONS[TotalsKey[_value.name]]


@strawberry.input(description="One of the keys by which totals are grouped.")
class JournalEntryTotalsGroup:
    by: TotalsKey = strawberry.field(description="The key.")
    segment_name: str | None = strawberry.field(
        default=UNSET, description="Name of the segment, such as country; for SEGMENT only."
    )


TotalsGroupsArgument = Annotated[
    list[JournalEntryTotalsGroup],
    strawberry.argument(
        description="The keys, each once; SEGMENT once for each segment. Without any, there is a row for each currency."
        " Rows are in the order of these keys: periods by their first day, what has no value last."
    ),
]


@strawberry.type(
    description="Totals of the entries that are alike in the keys, in the currency and in the home currency. What they"
    " are not grouped by is null.",
    directives=[stated(Permission.VIEW_JOURNAL_ENTRIES)],
)
class JournalEntryTotals:
    accounting_period_name: str | None = strawberry.field(description="Name of the accounting period.")
    accounting_period_start_date: date | None = strawberry.field(description="First day of the accounting period.")
    month: str | None = strawberry.field(description="Month of the journal entry date, such as 2024-12.")
    journal_entry_date: date | None = strawberry.field(description="The date of the entries in the books.")
    accounting_code_name: str | None = strawberry.field(description="Name of the accounting code.")
    gl_account_number: str | None = strawberry.field(
        description="Number of the general-ledger account, for GL_ACCOUNT and ACCOUNTING_CODE; null also if there is"
        " none."
    )
    gl_account_name: str | None = strawberry.field(description="Name of the same account.")
    transaction_type: TransactionType | None = strawberry.field(description="Type of the transactions.")
    organization_label: str | None = strawberry.field(
        description="Organisation of the transactions; null also if they have none."
    )
    segments: list[Segment] = strawberry.field(
        description="The segments that the rows are grouped by, in the order of the keys.",
        directives=assumed(SEGMENTS),
    )
    transferred_to_accounting: TransferStatus | None = strawberry.field(
        description="Transfer status to the general ledger."
    )
    status: JournalEntryStatus | None = strawberry.field(description="Whether the entries are live.")
    journal_run_number: str | None = strawberry.field(
        description="Number of the run that created the entries; null also for manual entries, and for runs that the"
        " caller may not see.",
        directives=[stated(Permission.VIEW_JOURNAL_RUNS)],
    )
    currency: str = strawberry.field(description="Currency of `debit`, `credit` and `net`, an ISO 4217 code.")
    debit: Decimal = strawberry.field(description="Sum of the debit items.")
    credit: Decimal = strawberry.field(description="Sum of the credit items.")
    net: Decimal = strawberry.field(description="Debit minus credit; 0 unless grouped by code or account.")
    home_currency: str | None = strawberry.field(
        description="Currency of the home amounts; null if the entries have none."
    )
    home_debit: Decimal | None = strawberry.field(description="Sum of the debit items in the home currency.")
    home_credit: Decimal | None = strawberry.field(description="Sum of the credit items in the home currency.")
    home_net: Decimal | None = strawberry.field(description="The debit minus the credit in the home currency.")
    entry_count: int = strawberry.field(
        description="Number of entries. An entry that has items of several codes or accounts counts once in each of"
        " these rows, so that these numbers cannot be added up over codes or accounts."
    )
    transaction_count: int = strawberry.field(
        description="Number of transactions summarised in these entries, each counted as its entry is."
    )


def totals_groups(groups: list[JournalEntryTotalsGroup]) -> list[TotalsGroup]:
    """The groups for storage."""
    return [TotalsGroup(group.by, group.segment_name or None) for group in groups]

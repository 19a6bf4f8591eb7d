"""Summary journal entries: list, retrieve, update and cancel."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from pydantic import Field

from gateway.rest.endpoint import Call, Endpoint
from gateway.rest.paging import Paged, numbered
from gateway.rest.refusals import Category, Refused, reason
from gateway.rest.wire import Amount, Asked, Moment, Success, Wire
from resolvers import journal_entries as entries
from resolvers.journal_entries import EntryChange
from resolvers.loaders import Loaders
from storage.journal_entries import JournalEntry
from storage.words import ItemType, JournalEntryStatus, TransactionType, TransferStatus

NUMBER = "je-number"
PAGE_SIZE = 8


class JournalEntryItem(Wire):
    """One debit or credit line of an entry."""

    accounting_code_name: str
    accounting_code_type: str
    amount: Amount = Field(description="In the entry's currency, as a decimal string; never negative.")
    gl_account_name: str | None
    gl_account_number: str | None
    home_currency_amount: Amount | None = Field(
        description="In the home currency, as a decimal string; null if no home currency is set."
    )
    type: ItemType


class JournalEntrySegment(Wire):
    """An entry's value in one business dimension."""

    segment_name: Annotated[str, Field(validation_alias="name")]
    segment_value: Annotated[
        str | None, Field(validation_alias="value", description="Null for transactions without a value.")
    ]


class JournalEntryDetail(Wire):
    """A summary journal entry, whose debits equal its credits."""

    accounting_period_name: str
    aggregate_currency: bool = Field(description="Whether it aggregates all currencies in the home currency.")
    currency: str = Field(description="ISO 4217 code.")
    home_currency: str | None = Field(description="ISO 4217 code; null if no home currency is set.")
    journal_entry_date: date = Field(description="The booking date.")
    journal_entry_items: list[JournalEntryItem] = Field(
        description="Debits, then credits; on each side in the order in which the accounting codes were first imported."
    )
    notes: str | None
    number: str = Field(description="Journal entry number, such as JE-00000001.")
    organization_label: str | None
    segments: Annotated[list[JournalEntrySegment], Field(validation_alias="segment_values")]
    status: JournalEntryStatus
    time_period_end: date = Field(description="The last day of its run's range.")
    time_period_start: date = Field(description="The first day of its run's range.")
    transaction_type: TransactionType | None
    transfer_date_time: Moment | None = Field(
        validation_alias="transferred_at",
        description="When the transfer status was set to Yes, in UTC: YYYY-MM-DD HH:MM:SS; null for other statuses.",
    )
    transferred_by: str | None = Field(description="Who set the transfer status to Yes; null for other statuses.")
    transferred_to_accounting: TransferStatus


class GetJournalEntryDetailResponse(JournalEntryDetail, Success):
    """A summary journal entry."""


class GetJournalEntriesInJournalRunResponse(Paged):
    """A page of a run's entries."""

    journal_entries: list[JournalEntryDetail]


class UpdateJournalEntryBasicInformationRequest(Asked):
    """Changes to an entry; absent fields stay unchanged."""

    notes: str | None = Field(
        default=None, description="At most 2,000 characters; empty notes remove the existing ones."
    )
    transferred_to_accounting: TransferStatus | None = Field(
        default=None, description="The new transfer status; refused for a cancelled entry."
    )


async def of_run(call: Call[None]) -> GetJournalEntriesInJournalRunResponse:
    """A page of the run's entries, by number."""
    wanted = numbered(call.url, PAGE_SIZE)
    page = await entries.entries_of_run(call.context, call.parameters["jr-number"], wanted.window)
    found = [JournalEntryDetail.model_validate(values) for values in await _expanded(page.rows, call.loaders)]
    return GetJournalEntriesInJournalRunResponse(success=True, journal_entries=found, next_page=wanted.next(page))


async def retrieve(call: Call[None]) -> GetJournalEntryDetailResponse:
    """The current state of the entry."""
    number = call.parameters[NUMBER]
    entry = await entries.journal_entry(call.context, number).row()
    if entry is None:
        raise Refused(reason(Category.NOT_FOUND, f"There is no journal entry {number!r}."))
    (values,) = await _expanded([entry], call.loaders)
    return GetJournalEntryDetailResponse.model_validate({**values, "success": True})


async def update(call: Call[UpdateJournalEntryBasicInformationRequest]) -> Success:
    """Change the entry's notes, its transfer status, or both."""
    change = EntryChange(call.parameters[NUMBER], call.body.notes, call.body.transferred_to_accounting)
    await entries.update_journal_entry(call.context, change)
    return Success(success=True)


async def cancel(call: Call[None]) -> Success:
    """Cancel the entry; its transactions are free at once."""
    await entries.cancel_journal_entry(call.context, call.parameters[NUMBER])
    return Success(success=True)


async def _expanded(rows: Sequence[JournalEntry], loaders: Loaders) -> list[dict[str, Any]]:
    """The entries with the names that the wire includes, in three statements for any number of entries."""
    periods = await loaders.accounting_period.load_many([row.accounting_period_id for row in rows])
    items = [found or [] for found in await loaders.items.load_many([row.id for row in rows])]
    ids = sorted({item.accounting_code_id for found in items for item in found})
    codes = dict(zip(ids, await loaders.accounting_code.load_many(ids), strict=True))
    return [
        {
            **row.model_dump(),
            "accounting_period_name": period.name if period else None,
            "journal_entry_items": [
                {
                    "accounting_code_name": code.name,
                    "accounting_code_type": code.type,
                    "gl_account_name": code.gl_account_name,
                    "gl_account_number": code.gl_account_number,
                    "amount": item.amount,
                    "home_currency_amount": item.home_amount,
                    "type": item.type,
                }
                for item in found
                if (code := codes[item.accounting_code_id])
            ],
        }
        for row, period, found in zip(rows, periods, items, strict=True)
    ]


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/v1/journal-entries/journal-runs/{jr-number}",
        name="getAllSummaryJournalEntries",
        summary="List the summary journal entries in a journal run.",
        handler=of_run,
        answer=GetJournalEntriesInJournalRunResponse,
        page_size=PAGE_SIZE,
    ),
    Endpoint(
        method="GET",
        path="/v1/journal-entries/{je-number}",
        name="getSummaryJournalEntry",
        summary="Retrieve a summary journal entry.",
        handler=retrieve,
        answer=GetJournalEntryDetailResponse,
    ),
    Endpoint(
        method="PUT",
        path="/v1/journal-entries/{je-number}/cancel",
        name="cancelSummaryJournalEntry",
        summary="Cancel a summary journal entry, unless its transfer status is Yes or Processing.",
        handler=cancel,
        answer=Success,
    ),
    Endpoint(
        method="PUT",
        path="/v1/journal-entries/{je-number}/basic-information",
        name="updateBasicSummaryJournalEntry",
        summary="Update a summary journal entry's notes, its transfer status, or both.",
        handler=update,
        body=UpdateJournalEntryBasicInformationRequest,
        answer=Success,
    ),
]

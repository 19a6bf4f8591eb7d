"""Mutations. The payload's `errors` lists every violation, not just the first."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import journal_entries as entries
from resolvers import journal_runs as runs
from resolvers.record_transactions import Recorded
from resolvers.record_transactions import record_transactions as record
from resolvers.transactions import TransactionFields
from runs.create_rules import RunDraft
from schema.arguments import given
from schema.info import Info
from schema.journal_entry import JournalEntry
from schema.journal_run import JournalRun
from schema.violations import ERRORS, Payload, UserError, payload
from storage import journal_entries, journal_runs
from storage.words import TransactionType, TransferStatus

RunPayload = Payload[journal_runs.JournalRun]
EntryPayload = Payload[journal_entries.JournalEntry]
EntriesPayload = Payload[list[journal_entries.JournalEntry]]
RecordedPayload = Payload[Recorded]


@strawberry.input(description="A new journal run. Give an accounting period, or both target dates.")
class CreateJournalRunInput:
    transaction_types: list[TransactionType] = strawberry.field(
        description="Types of the transactions to collect: at least one, without duplicates."
    )
    journal_entry_date: date = strawberry.field(
        description="The date of its entries in the books, inside an accounting period; usually the period's last day."
    )
    accounting_period_name: str | None = strawberry.field(
        default=UNSET, description="Name of the accounting period to collect."
    )
    target_start_date: date | None = strawberry.field(
        default=UNSET,
        description="First day to collect; with an accounting period, it must equal the period's start date.",
    )
    target_end_date: date | None = strawberry.field(
        default=UNSET,
        description="Last day to collect; with an accounting period, it must equal the period's end date.",
    )
    organization_labels: list[str] | None = strawberry.field(
        default=UNSET, description="Organisations to collect; all if omitted."
    )
    idempotency_key: str | None = strawberry.field(
        default=UNSET, description="The same key with the same input returns the same run; 1 to 255 characters."
    )


@strawberry.type(description="The new run, or the violations.")
class CreateJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalRun | None, description="The new run, PENDING.")
    def journal_run(root: strawberry.Parent[RunPayload]) -> journal_runs.JournalRun | None:
        return root.value


@strawberry.input(description="The journal run to cancel.")
class CancelJournalRunInput:
    number: str = strawberry.field(description="Run number, such as JR-00000001.")


@strawberry.type(description="The run being cancelled, or the violations.")
class CancelJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(
        graphql_type=JournalRun | None,
        description="The run, CANCEL_IN_PROGRESS. Subscribe to `entryCancelOutcomes` to follow its entries.",
    )
    def journal_run(root: strawberry.Parent[RunPayload]) -> journal_runs.JournalRun | None:
        return root.value


@strawberry.input(description="The journal run to delete.")
class DeleteJournalRunInput:
    number: str = strawberry.field(description="Run number, such as JR-00000001.")


@strawberry.type(description="The run being deleted, or the violations.")
class DeleteJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalRun | None, description="The run, DELETE_IN_PROGRESS.")
    def journal_run(root: strawberry.Parent[RunPayload]) -> journal_runs.JournalRun | None:
        return root.value

    @strawberry.field(description="Number of the run being deleted; it is never used again.")
    def deleted_number(root: strawberry.Parent[RunPayload]) -> str | None:
        return None if root.value is None else root.value.number


@strawberry.input(description="The transfer status to set on journal entries.")
class SetTransferredToAccountingInput:
    journal_entry_numbers: list[str] = strawberry.field(
        description="Entry numbers, 1,000 at most. Either all entries are changed, or none."
    )
    transferred_to_accounting: TransferStatus = strawberry.field(description="New transfer status.")


@strawberry.type(description="The changed entries, or the violations.")
class SetTransferredToAccountingPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=list[JournalEntry] | None, description="The entries, in the order of the input.")
    def journal_entries(root: strawberry.Parent[EntriesPayload]) -> list[journal_entries.JournalEntry] | None:
        return root.value


@strawberry.input(description="Changes to a journal entry. Omitted fields keep their values.")
class UpdateJournalEntryInput:
    number: str = strawberry.field(description="Entry number, such as JE-00000001.")
    notes: str | None = strawberry.field(
        default=UNSET, description="New notes, 2,000 characters at most; an empty string removes the notes."
    )
    transferred_to_accounting: TransferStatus | None = strawberry.field(
        default=UNSET, description="New transfer status; the entry must not be cancelled."
    )


@strawberry.type(description="The changed entry, or the violations.")
class UpdateJournalEntryPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalEntry | None, description="The changed entry.")
    def journal_entry(root: strawberry.Parent[EntryPayload]) -> journal_entries.JournalEntry | None:
        return root.value


@strawberry.input(description="The journal entry to cancel.")
class CancelJournalEntryInput:
    number: str = strawberry.field(description="Entry number, such as JE-00000001.")


@strawberry.type(description="The cancelled entry, or the violations.")
class CancelJournalEntryPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalEntry | None, description="The entry, CANCELLED.")
    def journal_entry(root: strawberry.Parent[EntryPayload]) -> journal_entries.JournalEntry | None:
        return root.value


@strawberry.input(description="The value of a transaction in one business dimension.")
class SegmentInput:
    name: str = strawberry.field(description="The dimension, such as country.")
    value: str = strawberry.field(description="The value, such as France.")


@strawberry.input(description="A posted line of billing activity.")
class TransactionInput:
    transaction_id: str = strawberry.field(description="Unique id of the transaction in its source system.")
    transaction_type: TransactionType = strawberry.field(description="Type.")
    transaction_date: date = strawberry.field(description="The day on which it was posted.")
    amount: Decimal = strawberry.field(description='Signed amount, as a string: "-12.50".')
    currency: str = strawberry.field(description="Currency, an ISO 4217 code such as GBP.")
    debit_account: str = strawberry.field(description="Name of the accounting code to debit.")
    credit_account: str = strawberry.field(description="Name of the accounting code to credit.")
    organization: str | None = strawberry.field(default=UNSET, description="Organisation.")
    exchange_rate: Decimal | None = strawberry.field(
        default=UNSET,
        description="Units of the home currency per unit of `currency`; only if the ledger has a home currency.",
    )
    home_amount: Decimal | None = strawberry.field(
        default=UNSET, description="Amount in the home currency; computed from the exchange rate if omitted."
    )
    account_number: str | None = strawberry.field(default=UNSET, description="Customer account number.")
    document_number: str | None = strawberry.field(
        default=UNSET, description="Number of the invoice, payment or other document."
    )
    segments: list[SegmentInput] | None = strawberry.field(
        default=UNSET, description="Values in business dimensions, without duplicate names."
    )


@strawberry.input(description="Transactions to record.")
class RecordTransactionsInput:
    transactions: list[TransactionInput] = strawberry.field(
        description="1 to 1,000 transactions. Either all are recorded, or none."
    )


@strawberry.type(description="The result of recording the transactions.")
class RecordTransactionsPayload:
    @strawberry.field(description="Number of transactions recorded by this call.")
    def recorded(root: strawberry.Parent[RecordedPayload]) -> int:
        return 0 if root.value is None else root.value.recorded

    @strawberry.field(description="Number of transactions that had already been recorded with the same content.")
    def duplicates(root: strawberry.Parent[RecordedPayload]) -> int:
        return 0 if root.value is None else root.value.duplicates

    @strawberry.field(
        description="Number of transactions that had been recorded before the ledger had a home currency, and"
        " received their exchange rate by this call."
    )
    def rates_added(root: strawberry.Parent[RecordedPayload]) -> int:
        return 0 if root.value is None else root.value.rates_added

    errors: list[UserError] = strawberry.field(description=ERRORS)


Input = strawberry.argument(description="Input.")


@strawberry.type(description="Mutations.")
class Mutation:
    @strawberry.mutation(
        graphql_type=CreateJournalRunPayload,
        description="Create a journal run. It starts as PENDING and is processed in the background; subscribe to"
        " `journalRunUpdates` to follow it.",
    )
    async def create_journal_run(self, info: Info, input: Annotated[CreateJournalRunInput, Input]) -> RunPayload:
        return await payload(runs.create_journal_run(info.context, RunDraft(**given(input))))

    @strawberry.mutation(
        graphql_type=CancelJournalRunPayload,
        description="Cancel a PENDING, ERROR or COMPLETED run. Its entries are cancelled in the background;"
        " subscribe to `entryCancelOutcomes` for the outcome of each.",
    )
    async def cancel_journal_run(self, info: Info, input: Annotated[CancelJournalRunInput, Input]) -> RunPayload:
        return await payload(runs.cancel_journal_run(info.context, input.number))

    @strawberry.mutation(graphql_type=DeleteJournalRunPayload, description="Delete a CANCELLED run and its entries.")
    async def delete_journal_run(self, info: Info, input: Annotated[DeleteJournalRunInput, Input]) -> RunPayload:
        return await payload(runs.delete_journal_run(info.context, input.number))

    @strawberry.mutation(
        graphql_type=SetTransferredToAccountingPayload,
        description="Set the transfer status of journal entries that are not cancelled.",
    )
    async def set_transferred_to_accounting(
        self, info: Info, input: Annotated[SetTransferredToAccountingInput, Input]
    ) -> EntriesPayload:
        return await payload(
            entries.set_transferred_to_accounting(
                info.context, input.journal_entry_numbers, input.transferred_to_accounting
            )
        )

    @strawberry.mutation(
        graphql_type=UpdateJournalEntryPayload,
        description="Change the notes of an entry, its transfer status, or both.",
    )
    async def update_journal_entry(self, info: Info, input: Annotated[UpdateJournalEntryInput, Input]) -> EntryPayload:
        return await payload(entries.update_journal_entry(info.context, entries.EntryChange(**given(input))))

    @strawberry.mutation(
        graphql_type=CancelJournalEntryPayload,
        description="Cancel one entry, unless its transfer status is YES or PROCESSING. Its transactions are then"
        " free for the next run; its own run keeps its status.",
    )
    async def cancel_journal_entry(self, info: Info, input: Annotated[CancelJournalEntryInput, Input]) -> EntryPayload:
        return await payload(entries.cancel_journal_entry(info.context, input.number))

    @strawberry.mutation(
        graphql_type=RecordTransactionsPayload,
        description="Record up to 1,000 transactions. Repeating a call is safe: a transaction that was recorded before"
        " with the same content counts as a duplicate.",
    )
    async def record_transactions(
        self, info: Info, input: Annotated[RecordTransactionsInput, Input]
    ) -> RecordedPayload:
        return await payload(record(info.context, [_fields(transaction) for transaction in input.transactions]))


def _fields(transaction: TransactionInput) -> TransactionFields:
    segments = [(segment.name, segment.value) for segment in transaction.segments or []]
    return TransactionFields(**{**given(transaction), "segments": segments})

"""What can be done. A broken rule comes in the payload's `errors`, all of them at once."""

from datetime import date
from decimal import Decimal
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import journal_entries as entries
from resolvers import journal_runs as runs
from resolvers.create_rules import CreateRun
from resolvers.errors import Answer, UserErrorCode
from resolvers.record_transactions import Recorded
from resolvers.record_transactions import record_transactions as record
from resolvers.transactions import TransactionFields
from schema.arguments import given
from schema.info import Info
from schema.journal_entry import JournalEntry
from schema.journal_run import JournalRun
from storage import journal_entries, journal_runs
from storage.words import TransactionType, TransferStatus

RunAnswer = Answer[journal_runs.JournalRun]
EntryAnswer = Answer[journal_entries.JournalEntry]
EntriesAnswer = Answer[list[journal_entries.JournalEntry]]


@strawberry.type(description="One broken rule.")
class UserError:
    code: UserErrorCode = strawberry.field(description="Which kind of rule was broken.")
    message: str = strawberry.field(description="What was wrong, and what would be right.")
    field: list[str] | None = strawberry.field(
        description="The path of the input field it belongs to, such as input, targetEndDate."
    )


ERRORS = "Every rule that the input broke; empty when it was accepted."


@strawberry.input(description="A new journal run. Give an accounting period, or both target dates.")
class CreateJournalRunInput:
    transaction_types: list[TransactionType] = strawberry.field(
        description="The kinds of transactions to collect: at least one, each named once."
    )
    journal_entry_date: date = strawberry.field(
        description="The day its entries are booked on, inside an accounting period; often the period's last day."
    )
    accounting_period_name: str | None = strawberry.field(default=UNSET, description="The whole period to collect.")
    target_start_date: date | None = strawberry.field(
        default=UNSET, description="The first day to collect; with a period it must equal the period's start date."
    )
    target_end_date: date | None = strawberry.field(
        default=UNSET, description="The last day to collect; with a period it must equal the period's end date."
    )
    organization_labels: list[str] | None = strawberry.field(
        default=UNSET, description="The organisations to collect; without them, all."
    )
    idempotency_key: str | None = strawberry.field(
        default=UNSET, description="With the same key and input, the same run is given again; 1 to 255 characters."
    )


@strawberry.type(description="The run that was accepted, or why none was.")
class CreateJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalRun | None, description="The new run, PENDING.")
    def journal_run(root: strawberry.Parent[RunAnswer]) -> journal_runs.JournalRun | None:
        return root.value


@strawberry.input(description="The journal run to cancel.")
class CancelJournalRunInput:
    number: str = strawberry.field(description="The run's number, such as JR-00000001.")


@strawberry.type(description="The run whose cancellation was accepted, or why it was not.")
class CancelJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(
        graphql_type=JournalRun | None,
        description="The run, CANCEL_IN_PROGRESS. Follow its entries with `entryCancelOutcomes`.",
    )
    def journal_run(root: strawberry.Parent[RunAnswer]) -> journal_runs.JournalRun | None:
        return root.value


@strawberry.input(description="The journal run to delete.")
class DeleteJournalRunInput:
    number: str = strawberry.field(description="The run's number, such as JR-00000001.")


@strawberry.type(description="The run whose deletion was accepted, or why it was not.")
class DeleteJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalRun | None, description="The run, DELETE_IN_PROGRESS; soon it is gone.")
    def journal_run(root: strawberry.Parent[RunAnswer]) -> journal_runs.JournalRun | None:
        return root.value

    @strawberry.field(description="The number of the run that is being deleted; it is never used again.")
    def deleted_number(root: strawberry.Parent[RunAnswer]) -> str | None:
        return None if root.value is None else root.value.number


@strawberry.input(description="Where journal entries stand on their way into the general ledger.")
class SetTransferredToAccountingInput:
    journal_entry_numbers: list[str] = strawberry.field(
        description="The entries' numbers, at most 1,000. All of them are set, or none."
    )
    transferred_to_accounting: TransferStatus = strawberry.field(description="Their new transfer status.")


@strawberry.type(description="The entries that were set, or why none was.")
class SetTransferredToAccountingPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=list[JournalEntry] | None, description="The entries, in the order given.")
    def journal_entries(root: strawberry.Parent[EntriesAnswer]) -> list[journal_entries.JournalEntry] | None:
        return root.value


@strawberry.input(description="A change of a journal entry. What is left out stays as it is.")
class UpdateJournalEntryInput:
    number: str = strawberry.field(description="The entry's number, such as JE-00000001.")
    notes: str | None = strawberry.field(
        default=UNSET, description="New notes, at most 2,000 characters; empty ones remove those there are."
    )
    transferred_to_accounting: TransferStatus | None = strawberry.field(
        default=UNSET, description="A new transfer status; only of an entry that is not cancelled."
    )


@strawberry.type(description="The entry that was changed, or why it was not.")
class UpdateJournalEntryPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalEntry | None, description="The entry, changed.")
    def journal_entry(root: strawberry.Parent[EntryAnswer]) -> journal_entries.JournalEntry | None:
        return root.value


@strawberry.input(description="The journal entry to cancel.")
class CancelJournalEntryInput:
    number: str = strawberry.field(description="The entry's number, such as JE-00000001.")


@strawberry.type(description="The entry that was cancelled, or why it was not.")
class CancelJournalEntryPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS)

    @strawberry.field(graphql_type=JournalEntry | None, description="The entry, CANCELLED.")
    def journal_entry(root: strawberry.Parent[EntryAnswer]) -> journal_entries.JournalEntry | None:
        return root.value


@strawberry.input(description="A transaction's value in one business dimension.")
class SegmentInput:
    name: str = strawberry.field(description="The dimension, such as country.")
    value: str = strawberry.field(description="The value, such as France.")


@strawberry.input(description="One posted line of billing activity.")
class TransactionInput:
    transaction_id: str = strawberry.field(description="Its id, unique in the system that it comes from.")
    transaction_type: TransactionType = strawberry.field(description="Its kind.")
    transaction_date: date = strawberry.field(description="The day it was posted on.")
    amount: Decimal = strawberry.field(description='The signed amount, as a string: "-12.50".')
    currency: str = strawberry.field(description="Its currency, an ISO 4217 code such as GBP.")
    debit_account: str = strawberry.field(description="The name of the accounting code that it debits.")
    credit_account: str = strawberry.field(description="The name of the accounting code that it credits.")
    organization: str | None = strawberry.field(default=UNSET, description="The organisation it belongs to.")
    exchange_rate: Decimal | None = strawberry.field(
        default=UNSET, description="Home currency per unit of the currency; only where a home currency is set."
    )
    home_amount: Decimal | None = strawberry.field(
        default=UNSET, description="The amount in the home currency; else it is computed from the exchange rate."
    )
    account_number: str | None = strawberry.field(default=UNSET, description="The customer account.")
    document_number: str | None = strawberry.field(default=UNSET, description="The document it is a line of.")
    segments: list[SegmentInput] | None = strawberry.field(
        default=UNSET, description="Its values in business dimensions, each named once."
    )


@strawberry.input(description="Transactions to record.")
class RecordTransactionsInput:
    transactions: list[TransactionInput] = strawberry.field(
        description="From 1 to 1,000 transactions. All of them are recorded, or none."
    )


@strawberry.type(description="What became of the transactions.")
class RecordTransactionsPayload:
    recorded: int = strawberry.field(description="How many were recorded now.")
    duplicates: int = strawberry.field(description="How many had been recorded before, with the same content.")
    rates_added: int = strawberry.field(
        description="How many had been recorded before a home currency was set, and were given their exchange rate now."
    )
    errors: list[UserError] = strawberry.field(description=ERRORS)


Input = strawberry.argument(description="What is asked for.")


@strawberry.type(description="What can be done.")
class Mutation:
    @strawberry.mutation(
        graphql_type=CreateJournalRunPayload,
        description="Create a journal run. It starts as PENDING and works by itself; follow it with"
        " `journalRunUpdates`.",
    )
    async def create_journal_run(self, info: Info, input: Annotated[CreateJournalRunInput, Input]) -> RunAnswer:
        return await runs.create_journal_run(info.context, CreateRun(**given(input)))

    @strawberry.mutation(
        graphql_type=CancelJournalRunPayload,
        description="Cancel a PENDING, ERROR or COMPLETED run. It is only accepted here: each entry is tried"
        " afterwards, and its outcome told by `entryCancelOutcomes`.",
    )
    async def cancel_journal_run(self, info: Info, input: Annotated[CancelJournalRunInput, Input]) -> RunAnswer:
        return await runs.cancel_journal_run(info.context, input.number)

    @strawberry.mutation(
        graphql_type=DeleteJournalRunPayload, description="Delete a CANCELLED run, with its cancelled entries."
    )
    async def delete_journal_run(self, info: Info, input: Annotated[DeleteJournalRunInput, Input]) -> RunAnswer:
        return await runs.delete_journal_run(info.context, input.number)

    @strawberry.mutation(
        graphql_type=SetTransferredToAccountingPayload,
        description="Set where created entries stand on their way into the general ledger.",
    )
    async def set_transferred_to_accounting(
        self, info: Info, input: Annotated[SetTransferredToAccountingInput, Input]
    ) -> EntriesAnswer:
        return await entries.set_transferred_to_accounting(
            info.context, input.journal_entry_numbers, input.transferred_to_accounting
        )

    @strawberry.mutation(
        graphql_type=UpdateJournalEntryPayload,
        description="Change an entry's notes, its transfer status, or both at once.",
    )
    async def update_journal_entry(self, info: Info, input: Annotated[UpdateJournalEntryInput, Input]) -> EntryAnswer:
        return await entries.update_journal_entry(info.context, entries.EntryChange(**given(input)))

    @strawberry.mutation(
        graphql_type=CancelJournalEntryPayload,
        description="Cancel one entry, unless its transfer status is YES or PROCESSING. Its transactions are free"
        " for the next run; its own run keeps its status.",
    )
    async def cancel_journal_entry(self, info: Info, input: Annotated[CancelJournalEntryInput, Input]) -> EntryAnswer:
        return await entries.cancel_journal_entry(info.context, input.number)

    @strawberry.mutation(
        graphql_type=RecordTransactionsPayload,
        description="Record up to 1,000 transactions. It can be repeated safely: one that was recorded before"
        " with the same content is a duplicate.",
    )
    async def record_transactions(self, info: Info, input: Annotated[RecordTransactionsInput, Input]) -> Recorded:
        return await record(info.context, [_fields(transaction) for transaction in input.transactions])


def _fields(transaction: TransactionInput) -> TransactionFields:
    segments = [(segment.name, segment.value) for segment in transaction.segments or []]
    return TransactionFields(**{**given(transaction), "segments": segments})

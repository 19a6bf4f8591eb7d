"""Changing and cancelling journal entries."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from resolvers import journal_entries as entries
from schema.arguments import Input, given
from schema.info import Info, written
from schema.journal_entry import JournalEntry
from schema.list_size import VIOLATIONS, ListSize, assumed
from schema.permissions import ANYONE, RequiresOneOf, stated
from schema.violations import ERRORS, Payload, UserError, payload
from storage import journal_entries
from storage.words import Permission, TransferStatus

EntryPayload = Payload[journal_entries.JournalEntry]
EntriesPayload = Payload[list[journal_entries.JournalEntry]]


@strawberry.input(description="The transfer status to set on journal entries.")
class SetTransferredToAccountingInput:
    journal_entry_numbers: list[str] = strawberry.field(
        description="Entry numbers, 1,000 at most. Either all entries are changed, or none."
    )
    transferred_to_accounting: TransferStatus = strawberry.field(description="New transfer status.")


@strawberry.type(description="The changed entries, or the violations.", directives=[ANYONE])
class SetTransferredToAccountingPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))

    @strawberry.field(graphql_type=list[JournalEntry] | None, description="The entries, in the order of the input.")
    async def journal_entries(root: strawberry.Parent[EntriesPayload], info: Info) -> Any:
        return await written(info, root.value)


@strawberry.input(description="Changes to a journal entry. Omitted fields keep their values.")
class UpdateJournalEntryInput:
    number: str = strawberry.field(description="Entry number, such as JE-00000001.")
    notes: str | None = strawberry.field(
        default=UNSET, description="New notes, 2,000 characters at most; an empty string removes the notes."
    )
    transferred_to_accounting: TransferStatus | None = strawberry.field(
        default=UNSET, description="New transfer status; the entry must not be cancelled."
    )


@strawberry.type(description="The changed entry, or the violations.", directives=[ANYONE])
class UpdateJournalEntryPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))

    @strawberry.field(graphql_type=JournalEntry | None, description="The changed entry.")
    def journal_entry(root: strawberry.Parent[EntryPayload]) -> journal_entries.JournalEntry | None:
        return root.value


@strawberry.input(description="The journal entry to cancel.")
class CancelJournalEntryInput:
    number: str = strawberry.field(description="Entry number, such as JE-00000001.")


@strawberry.type(description="The cancelled entry, or the violations.", directives=[ANYONE])
class CancelJournalEntryPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))

    @strawberry.field(graphql_type=JournalEntry | None, description="The entry, CANCELLED.")
    def journal_entry(root: strawberry.Parent[EntryPayload]) -> journal_entries.JournalEntry | None:
        return root.value


@strawberry.type
class JournalEntryMutations:
    @strawberry.mutation(
        graphql_type=SetTransferredToAccountingPayload,
        directives=[
            stated(Permission.TRANSFER_JOURNAL_ENTRIES),
            ListSize(slicing_arguments=["input.journalEntryNumbers"], sized_fields=["journalEntries"]),
        ],
        description="Set the transfer status of journal entries that are not cancelled. YES is kept, unless the"
        " caller may override it.",
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
        directives=[RequiresOneOf(permissions=list(entries.UPDATING))],
        description="Change the notes of an entry, its transfer status, or both.",
    )
    async def update_journal_entry(self, info: Info, input: Annotated[UpdateJournalEntryInput, Input]) -> EntryPayload:
        return await payload(entries.update_journal_entry(info.context, entries.EntryChange(**given(input))))

    @strawberry.mutation(
        graphql_type=CancelJournalEntryPayload,
        directives=[stated(Permission.CANCEL_JOURNAL_ENTRIES)],
        description="Cancel one entry, unless its transfer status is YES or PROCESSING. Its transactions are then"
        " free for the next run; its own run keeps its status.",
    )
    async def cancel_journal_entry(self, info: Info, input: Annotated[CancelJournalEntryInput, Input]) -> EntryPayload:
        return await payload(entries.cancel_journal_entry(info.context, input.number))

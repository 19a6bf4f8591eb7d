"""Journal entries: look-up and list."""

from functools import partial

import strawberry
from strawberry import UNSET

from resolvers import journal_entries as entries
from schema.arguments import EntryNumber, filter_for
from schema.connection import Listing
from schema.info import Info
from schema.journal_entry import JournalEntry
from schema.journal_entry_list import EntryFilterArgument, EntryOrderArgument, entry_order
from schema.paging import connection
from storage import journal_entries
from storage.journal_entry_lists import EntryFilter


@strawberry.type
class JournalEntryQueries:
    @strawberry.field(graphql_type=JournalEntry | None, description="The journal entry with this number.")
    async def journal_entry(self, info: Info, number: EntryNumber) -> journal_entries.JournalEntry | None:
        return await entries.journal_entry(info.context, number)

    @connection(JournalEntry, description="Journal entries, oldest first by default.")
    def journal_entries(
        self, info: Info, filter: EntryFilterArgument = UNSET, order_by: EntryOrderArgument = UNSET
    ) -> Listing[journal_entries.JournalEntry]:
        conditions = filter_for(EntryFilter, filter)
        return Listing(
            partial(entries.journal_entries, info.context, conditions, entry_order(order_by)),
            partial(entries.journal_entry_count, info.context, conditions),
        )

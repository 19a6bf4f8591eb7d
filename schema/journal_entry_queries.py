"""Journal entries: look-up and list."""

import strawberry
from strawberry import UNSET

from resolvers import journal_entries as entries
from resolvers.reading import Listing, LookUp
from schema.arguments import EntryNumber, filter_for
from schema.info import Info
from schema.journal_entry import JournalEntry
from schema.journal_entry_list import EntryFilterArgument, EntryOrderArgument, entry_order
from schema.look_up import look_up
from schema.paging import connection
from storage import journal_entries
from storage.journal_entry_lists import EntryFilter


@strawberry.type
class JournalEntryQueries:
    @look_up(JournalEntry, description="The journal entry with this number.")
    def journal_entry(self, info: Info, number: EntryNumber) -> LookUp[journal_entries.JournalEntry]:
        return entries.journal_entry(info.context, number)

    @connection(JournalEntry, description="Journal entries, oldest first by default.")
    def journal_entries(
        self, info: Info, filter: EntryFilterArgument = UNSET, order_by: EntryOrderArgument = UNSET
    ) -> Listing[journal_entries.JournalEntry]:
        return entries.journal_entries(info.context, filter_for(EntryFilter, filter), entry_order(order_by))

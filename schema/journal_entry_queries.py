"""Journal entries: look-up, list and totals."""

import strawberry
from strawberry import UNSET

from resolvers import journal_entries as entries
from resolvers import journal_entry_totals as totals
from resolvers.reading import Computed, Listing, LookUp
from schema.arguments import EntryNumber
from schema.computed import computed
from schema.filters import filter_for
from schema.info import Info
from schema.journal_entry import JournalEntry, JournalEntryItem
from schema.journal_entry_item_list import ItemFilterArgument, ItemOrderArgument, item_order
from schema.journal_entry_list import EntryFilterArgument, EntryOrderArgument, entry_order
from schema.journal_entry_totals import JournalEntryTotals, TotalsGroupsArgument, totals_groups
from schema.list_size import TOTALS
from schema.look_up import look_up
from schema.paging import connection
from storage import journal_entries, journal_entry_items
from storage.journal_entry_item_lists import ItemFilter
from storage.journal_entry_lists import EntryFilter
from storage.journal_entry_totals import JournalEntryTotals as TotalsRow


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

    @connection(JournalEntryItem, description="The items of all journal entries, by entry and position by default.")
    def journal_entry_items(
        self, info: Info, filter: ItemFilterArgument = UNSET, order_by: ItemOrderArgument = UNSET
    ) -> Listing[journal_entry_items.JournalEntryItem]:
        return entries.journal_entry_items(info.context, filter_for(ItemFilter, filter), item_order(order_by))

    @computed(
        JournalEntryTotals,
        description="Totals of the items of journal entries, grouped by any keys. Amounts are exact, and never over"
        " several currencies: whatever the keys are, there is a row for each currency and home currency. The filter"
        " chooses entries, and all their items count. Only live entries do, unless its `statuses` says which. There are"
        " 10,000 rows at most; for more, nothing is returned.",
        directives=TOTALS,
    )
    def journal_entry_totals(
        self, info: Info, group_by: TotalsGroupsArgument, filter: EntryFilterArgument = UNSET
    ) -> Computed[TotalsRow]:
        return totals.journal_entry_totals(info.context, filter_for(EntryFilter, filter), totals_groups(group_by))

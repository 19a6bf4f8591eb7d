"""Cancellations of runs and the outcome of each entry."""

from datetime import datetime

import strawberry
from strawberry import UNSET

from resolvers.errors import NotFound
from schema.arguments import After, First, page
from schema.connection import Connection, CountedPage
from schema.info import Info
from schema.journal_entry import JournalEntry
from storage import cancellations, journal_entries
from storage.lists import OUTCOMES
from storage.words import CancelOutcome

OutcomeRow = strawberry.Parent[cancellations.EntryCancelOutcome]
CancellationRow = strawberry.Parent[cancellations.Cancellation]


@strawberry.type(description="What became of one entry, and the cancellation's counts right after it.")
class EntryCancelOutcome:
    sequence: int = strawberry.field(description="Counts the outcomes of one cancellation from 1, without a gap.")
    outcome: CancelOutcome = strawberry.field(description="Cancelled, or failed.")
    code: str | None = strawberry.field(description="Why it failed, for a program: TRANSFERRED_TO_ACCOUNTING.")
    message: str | None = strawberry.field(description="Why it failed, for a person.")
    canceled_count: int = strawberry.field(description="Entries cancelled so far.")
    failed_count: int = strawberry.field(description="Entries that failed so far.")
    remaining_count: int = strawberry.field(description="Entries still to be tried.")

    @strawberry.field(description="Where the outcome stands in the feed; pass it as `after` to go on from here.")
    def cursor(root: OutcomeRow) -> str:
        return OUTCOMES.cursor(root)

    @strawberry.field(graphql_type=JournalEntry, description="The entry that was tried.")
    async def journal_entry(root: OutcomeRow, info: Info) -> journal_entries.JournalEntry:
        entry = await info.context.loaders.journal_entry.load(root.journal_entry_id)
        if entry is None:
            raise NotFound("The journal run has just been deleted, and this entry with it.")
        return entry


@strawberry.type(description="One cancellation of a run, with its progress.")
class Cancellation:
    started_at: datetime = strawberry.field(description="When it was accepted.")
    started_by: str = strawberry.field(description="Who asked for it.")
    finished_at: datetime | None = strawberry.field(description="When the last entry had been tried.")
    canceled_count: int = strawberry.field(description="Entries cancelled so far.")
    failed_count: int = strawberry.field(description="Entries that failed so far.")
    remaining_count: int = strawberry.field(description="Entries still to be tried.")

    @strawberry.field(
        graphql_type=Connection[EntryCancelOutcome], description="The outcomes so far, in the order they happened."
    )
    async def outcomes(
        root: CancellationRow, info: Info, first: First = UNSET, after: After = UNSET
    ) -> CountedPage[cancellations.EntryCancelOutcome]:
        cancellation_id = root.id or 0
        loaders = info.context.loaders
        rows = await loaders.outcomes(page(first, after)).load(cancellation_id)
        return CountedPage(rows, lambda: loaders.outcome_count.load(cancellation_id))

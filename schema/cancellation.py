"""Cancellations of runs, and the outcome for each entry."""

from datetime import datetime

import strawberry

from resolvers.errors import NotFound
from resolvers.reading import Listing
from schema.info import Info
from schema.journal_entry import JournalEntry
from schema.node import Node, to_id
from schema.paging import connection
from schema.permissions import stated
from storage import cancellations, journal_entries
from storage.cancellations import OUTCOMES
from storage.words import CancelOutcome, Permission

OutcomeRow = strawberry.Parent[cancellations.EntryCancelOutcome]
CancellationRow = strawberry.Parent[cancellations.Cancellation]


@strawberry.type(
    description="The outcome for one entry, and the cancellation's counts after it.",
    directives=[stated(Permission.VIEW_JOURNAL_RUNS)],
)
class EntryCancelOutcome:
    row = cancellations.EntryCancelOutcome
    sequence: int = strawberry.field(
        description="Position among the outcomes of the cancellation: 1, 2, 3 and so on, without gaps."
    )
    outcome: CancelOutcome = strawberry.field(description="Whether the entry was cancelled.")
    code: str | None = strawberry.field(description="Machine-readable reason for a failure: TRANSFERRED_TO_ACCOUNTING.")
    message: str | None = strawberry.field(
        description="Human-readable reason for a failure, which names the entry and its transfer status.",
        directives=[stated(Permission.VIEW_JOURNAL_ENTRIES)],
    )
    cancelled_count: int = strawberry.field(description="Number of entries cancelled so far.")
    failed_count: int = strawberry.field(description="Number of entries that could not be cancelled so far.")
    remaining_count: int = strawberry.field(description="Number of entries not tried yet.")

    @strawberry.field(description="Position of this outcome; pass it as `after` to resume from here.")
    def cursor(root: OutcomeRow) -> str:
        return OUTCOMES.cursor(root)

    @strawberry.field(graphql_type=JournalEntry, description="The entry.")
    async def journal_entry(root: OutcomeRow, info: Info) -> journal_entries.JournalEntry:
        entry = await info.context.loaders.journal_entry.load(root.journal_entry_id)
        if entry is None:
            raise NotFound("The journal run and this entry have just been deleted.")
        return entry


@strawberry.type(
    description="A cancellation of a run, and its progress.", directives=[stated(Permission.VIEW_JOURNAL_RUNS)]
)
class Cancellation(Node):
    row = cancellations.Cancellation
    started_at: datetime = strawberry.field(description="When the cancellation was requested.")
    started_by: str = strawberry.field(description="Who requested the cancellation.")
    finished_at: datetime | None = strawberry.field(
        description="When the cancellation finished; null while it is in progress."
    )
    entry_count: int = strawberry.field(
        description="Number of entries to try: those that were live when the cancellation was requested."
    )
    cancelled_count: int = strawberry.field(description="Number of entries cancelled so far.")
    failed_count: int = strawberry.field(description="Number of entries that could not be cancelled so far.")
    remaining_count: int = strawberry.field(description="Number of entries not tried yet.")

    @strawberry.field(description="Global id.")
    def id(root: CancellationRow) -> strawberry.ID:
        return to_id("Cancellation", root.id)

    @connection(EntryCancelOutcome, description="The outcomes so far, in order.")
    def outcomes(root: CancellationRow, info: Info) -> Listing[cancellations.EntryCancelOutcome]:
        loaders = info.context.loaders
        return Listing(
            OUTCOMES,
            [],
            lambda window: loaders.outcomes(window).load(root.id),
            lambda: loaders.outcome_count.load(root.id),
        )

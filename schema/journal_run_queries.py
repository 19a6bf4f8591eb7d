"""Journal runs: look-up and list."""

from functools import partial

import strawberry
from strawberry import UNSET

from resolvers import journal_runs as runs
from schema.arguments import RunNumber, filter_for
from schema.connection import Listing
from schema.info import Info
from schema.journal_run import JournalRun
from schema.journal_run_list import RunFilterArgument, RunOrderArgument, run_order
from schema.paging import connection
from storage import journal_runs
from storage.journal_run_lists import RunFilter


@strawberry.type
class JournalRunQueries:
    @strawberry.field(graphql_type=JournalRun | None, description="The journal run with this number.")
    async def journal_run(self, info: Info, number: RunNumber) -> journal_runs.JournalRun | None:
        return await runs.journal_run(info.context, number)

    @connection(JournalRun, description="Journal runs, newest first by default.")
    def journal_runs(
        self, info: Info, filter: RunFilterArgument = UNSET, order_by: RunOrderArgument = UNSET
    ) -> Listing[journal_runs.JournalRun]:
        conditions = filter_for(RunFilter, filter)
        return Listing(
            partial(runs.journal_runs, info.context, conditions, run_order(order_by)),
            partial(runs.journal_run_count, info.context, conditions),
        )

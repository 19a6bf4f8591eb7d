"""Journal runs: look-up and list."""

import strawberry
from strawberry import UNSET

from resolvers import journal_runs as runs
from resolvers.reading import Listing, LookUp
from schema.arguments import RunNumber
from schema.filters import filter_for
from schema.info import Info
from schema.journal_run import JournalRun
from schema.journal_run_list import RunFilterArgument, RunOrderArgument, run_order
from schema.look_up import look_up
from schema.paging import connection
from storage import journal_runs
from storage.journal_run_lists import RunFilter


@strawberry.type
class JournalRunQueries:
    @look_up(JournalRun, description="The journal run with this number.")
    def journal_run(self, info: Info, number: RunNumber) -> LookUp[journal_runs.JournalRun]:
        return runs.journal_run(info.context, number)

    @connection(JournalRun, description="Journal runs, newest first by default.")
    def journal_runs(
        self, info: Info, filter: RunFilterArgument = UNSET, order_by: RunOrderArgument = UNSET
    ) -> Listing[journal_runs.JournalRun]:
        return runs.journal_runs(info.context, filter_for(RunFilter, filter), run_order(order_by))

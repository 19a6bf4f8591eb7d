"""Subscriptions. Their events come in batches, which the gateway executes: `gateway.graphql.subscriptions`."""

from collections.abc import AsyncGenerator
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import journal_runs as runs
from runs.shared import Batch
from schema.arguments import RunNumber
from schema.cancellation import EntryCancelOutcome
from schema.info import Info
from schema.journal_run import JournalRun
from storage import cancellations, journal_runs


@strawberry.type(description="Subscriptions.")
class Subscription:
    @strawberry.subscription(
        graphql_type=EntryCancelOutcome,
        description="The outcome for each entry of the run's latest cancellation: first all outcomes so far, then each"
        " new one. The subscription completes when the cancellation has finished. If the run"
        " has not been cancelled yet, the subscription waits for its first cancellation.",
    )
    async def entry_cancel_outcomes(
        self,
        info: Info,
        number: RunNumber,
        after: Annotated[
            str | None, strawberry.argument(description="Resume after the outcome with this cursor.")
        ] = UNSET,
    ) -> AsyncGenerator[Batch[cancellations.EntryCancelOutcome], None]:
        async for batch in runs.entry_cancel_outcomes(info.context, number, after or None):
            yield batch

    @strawberry.subscription(
        graphql_type=JournalRun,
        description="With a number: the run now, then again after every change; the subscription completes when the"
        " run is deleted. Without: every run after each change from now on, new runs included; subscribe first, then"
        " list the runs.",
    )
    async def journal_run_updates(
        self,
        info: Info,
        number: Annotated[
            str | None, strawberry.argument(description="Run number, such as JR-00000001; all runs if omitted.")
        ] = UNSET,
    ) -> AsyncGenerator[Batch[journal_runs.JournalRun], None]:
        async for batch in runs.journal_run_updates(info.context, None if number is UNSET else number):
            yield batch

"""Creating, cancelling and deleting a journal run."""

from datetime import date
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import journal_runs as runs
from runs.create_rules import RunDraft
from schema.arguments import Input, given
from schema.info import Info
from schema.journal_run import JournalRun
from schema.list_size import VIOLATIONS, assumed
from schema.permissions import ANYONE, stated
from schema.violations import ERRORS, Payload, UserError, payload
from storage import journal_runs
from storage.words import Permission, TransactionType

RunPayload = Payload[journal_runs.JournalRun]


@strawberry.input(description="A new journal run. Give an accounting period, or both target dates.")
class CreateJournalRunInput:
    journal_entry_date: date = strawberry.field(
        description="The date of its entries in the books, inside an accounting period; usually the period's last day."
    )
    transaction_types: list[TransactionType] | None = strawberry.field(
        default=UNSET,
        description="Types of the transactions to collect, without duplicates; all if omitted. An empty list is"
        " refused.",
    )
    accounting_period_name: str | None = strawberry.field(
        default=UNSET, description="Name of the accounting period to collect."
    )
    target_start_date: date | None = strawberry.field(
        default=UNSET,
        description="First day to collect; with an accounting period, it must equal the period's start date.",
    )
    target_end_date: date | None = strawberry.field(
        default=UNSET,
        description="Last day to collect; with an accounting period, it must equal the period's end date.",
    )
    organization_labels: list[str] | None = strawberry.field(
        default=UNSET, description="Organisations to collect; all if omitted."
    )
    idempotency_key: str | None = strawberry.field(
        default=UNSET, description="The same key with the same input returns the same run; 1 to 255 characters."
    )


@strawberry.type(description="The new run, or the violations.", directives=[ANYONE])
class CreateJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))

    @strawberry.field(graphql_type=JournalRun | None, description="The new run, PENDING.")
    def journal_run(root: strawberry.Parent[RunPayload]) -> journal_runs.JournalRun | None:
        return root.value


@strawberry.input(description="The journal run to cancel.")
class CancelJournalRunInput:
    number: str = strawberry.field(description="Run number, such as JR-00000001.")


@strawberry.type(description="The run being cancelled, or the violations.", directives=[ANYONE])
class CancelJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))

    @strawberry.field(
        graphql_type=JournalRun | None,
        description="The run, CANCEL_IN_PROGRESS. Subscribe to `entryCancelOutcomes` to follow its entries.",
    )
    def journal_run(root: strawberry.Parent[RunPayload]) -> journal_runs.JournalRun | None:
        return root.value


@strawberry.input(description="The journal run to delete.")
class DeleteJournalRunInput:
    number: str = strawberry.field(description="Run number, such as JR-00000001.")


@strawberry.type(description="The run being deleted, or the violations.", directives=[ANYONE])
class DeleteJournalRunPayload:
    errors: list[UserError] = strawberry.field(description=ERRORS, directives=assumed(VIOLATIONS))

    @strawberry.field(graphql_type=JournalRun | None, description="The run, DELETE_IN_PROGRESS.")
    def journal_run(root: strawberry.Parent[RunPayload]) -> journal_runs.JournalRun | None:
        return root.value

    @strawberry.field(description="Number of the run being deleted; it is never used again.")
    def deleted_number(root: strawberry.Parent[RunPayload]) -> str | None:
        return None if root.value is None else root.value.number


@strawberry.type
class JournalRunMutations:
    @strawberry.mutation(
        graphql_type=CreateJournalRunPayload,
        directives=[stated(Permission.CREATE_JOURNAL_RUN)],
        description="Create a journal run. It starts as PENDING and is processed in the background; subscribe to"
        " `journalRunUpdates` to follow it.",
    )
    async def create_journal_run(self, info: Info, input: Annotated[CreateJournalRunInput, Input]) -> RunPayload:
        return await payload(runs.create_journal_run(info.context, RunDraft(**given(input))))

    @strawberry.mutation(
        graphql_type=CancelJournalRunPayload,
        directives=[stated(Permission.CANCEL_JOURNAL_RUN)],
        description="Cancel a PENDING, ERROR or COMPLETED run. Its entries are cancelled in the background;"
        " subscribe to `entryCancelOutcomes` for the outcome of each.",
    )
    async def cancel_journal_run(self, info: Info, input: Annotated[CancelJournalRunInput, Input]) -> RunPayload:
        return await payload(runs.cancel_journal_run(info.context, input.number))

    @strawberry.mutation(
        graphql_type=DeleteJournalRunPayload,
        directives=[stated(Permission.DELETE_CANCELLED_JOURNAL_RUN)],
        description="Delete a CANCELLED run and its entries.",
    )
    async def delete_journal_run(self, info: Info, input: Annotated[DeleteJournalRunInput, Input]) -> RunPayload:
        return await payload(runs.delete_journal_run(info.context, input.number))

"""Journal runs: create, retrieve, cancel and delete."""

from datetime import date
from typing import Annotated, Any

from pydantic import BeforeValidator, ConfigDict, Field

from gateway.rest.endpoint import Call, Endpoint
from gateway.rest.refusals import Category, Refused, reason
from gateway.rest.wire import Asked, Day, Moment, Success, Wire
from resolvers import journal_runs as runs
from runs.create_rules import RunDraft
from schema.input_limits import LIST_LENGTH_MAX
from storage.words import JournalRunStatus, TransactionType

NUMBER = "jr-number"


class OrganizationLabel(Wire):
    """An organisation whose transactions a run collects."""

    organization_name: str = Field(description="The organisation's name in the transactions.")


class TransactionTypeOfRun(Wire):
    """A transaction type that a run collects."""

    type: TransactionType


class GetJournalRunResponse(Success):
    """A journal run."""

    number: str = Field(description="Journal run number, such as JR-00000001.")
    status: JournalRunStatus
    executed_on: Moment | None = Field(
        validation_alias="executed_at",
        description="When it started processing, in UTC: YYYY-MM-DD HH:MM:SS; null while it is Pending.",
    )
    journal_entry_date: date = Field(description="The booking date of its entries.")
    target_start_date: date = Field(description="The first day of its range.")
    target_end_date: date = Field(description="The last day of its range.")
    total_journal_entry_count: int = Field(description="The number of entries it created.")
    aggregate_currency: bool = Field(description="Whether its entries aggregate all currencies in the home currency.")
    segmentation_rule_name: str | None = Field(description="The segmentation rule that was active; null if none was.")
    organization_labels: Annotated[
        list[OrganizationLabel],
        BeforeValidator(lambda labels: [OrganizationLabel(organization_name=label) for label in labels]),
    ] = Field(description="The organisations it collects; an empty list means all.")
    transaction_types: Annotated[
        list[TransactionTypeOfRun],
        BeforeValidator(lambda words: [TransactionTypeOfRun(type=word) for word in words]),
    ] = Field(description="The transaction types it collects.")


class CreateJournalRunResponse(Success):
    """The run was accepted and starts automatically."""

    journal_run_number: str = Field(description="The new run's number, such as JR-00000001.")


class AskedTransactionType(Asked):
    """A transaction type to collect."""

    type: str = Field(json_schema_extra={"enum": [word.value for word in TransactionType]})


class AskedOrganization(Asked):
    """An organisation to collect: its name, or its id, which is the same here."""

    organization_name: str | None = Field(default=None, description="The organisation's name in the transactions.")
    organization_id: str | None = Field(default=None, description="The same name, for clients that send only ids.")


def _required(schema: dict[str, Any]) -> None:
    schema["required"] = ["journalEntryDate", "transactionTypes"]


class CreateJournalRunRequest(Asked):
    """A new journal run. Give an accounting period, or both target dates."""

    # Missing fields are reported together with all other violations, so no field is required here.
    model_config = ConfigDict(json_schema_extra=_required)

    accounting_period_name: str | None = Field(default=None, description="The accounting period to collect.")
    journal_entry_date: Day | None = Field(default=None, description="The booking date of its entries.")
    target_start_date: Day | None = Field(
        default=None, description="The first day to collect; with a period, it must equal the period's start date."
    )
    target_end_date: Day | None = Field(
        default=None, description="The last day to collect; with a period, it must equal the period's end date."
    )
    organization_labels: list[AskedOrganization] | None = Field(
        default=None, max_length=LIST_LENGTH_MAX, description="The organisations to collect; by default, all."
    )
    transaction_types: list[AskedTransactionType] | None = Field(
        default=None,
        max_length=LIST_LENGTH_MAX,
        description="The transaction types to collect: at least one, without duplicates.",
    )


async def create(call: Call[CreateJournalRunRequest]) -> CreateJournalRunResponse:
    """Create a run, which starts afterwards."""
    body = call.body
    asked = RunDraft(
        transaction_types=[wanted.type for wanted in body.transaction_types or []],
        journal_entry_date=body.journal_entry_date,
        accounting_period_name=body.accounting_period_name,
        target_start_date=body.target_start_date,
        target_end_date=body.target_end_date,
        organization_labels=[
            wanted.organization_name or wanted.organization_id or "" for wanted in body.organization_labels or []
        ],
        idempotency_key=call.idempotency_key,
    )
    run = await runs.create_journal_run(call.context, asked)
    return CreateJournalRunResponse(success=True, journal_run_number=run.number)


async def retrieve(call: Call[None]) -> GetJournalRunResponse:
    """The current state of the run."""
    number = call.parameters[NUMBER]
    run = await runs.journal_run(call.context, number).row()
    if run is None:
        raise Refused(reason(Category.NOT_FOUND, f"There is no journal run {number!r}."))
    return GetJournalRunResponse.model_validate({**run.model_dump(), "success": True})


async def cancel(call: Call[None]) -> Success:
    """Request the cancellation of the run."""
    await runs.cancel_journal_run(call.context, call.parameters[NUMBER])
    return Success(success=True)


async def delete(call: Call[None]) -> Success:
    """Request the deletion of the run."""
    await runs.delete_journal_run(call.context, call.parameters[NUMBER])
    return Success(success=True)


ENDPOINTS = [
    Endpoint(
        method="POST",
        path="/v1/journal-runs",
        name="createJournalRun",
        summary="Create a journal run. It starts as Pending and is processed asynchronously; retrieve it to see its"
        " status.",
        handler=create,
        body=CreateJournalRunRequest,
        answer=CreateJournalRunResponse,
        idempotent_by_key=True,
    ),
    Endpoint(
        method="GET",
        path="/v1/journal-runs/{jr-number}",
        name="getJournalRun",
        summary="Retrieve a journal run.",
        handler=retrieve,
        answer=GetJournalRunResponse,
    ),
    Endpoint(
        method="PUT",
        path="/v1/journal-runs/{jr-number}/cancel",
        name="cancelJournalRun",
        summary="Cancel a Pending, Error or Completed journal run. Its entries are cancelled asynchronously; those"
        " transferred to accounting are kept.",
        handler=cancel,
        answer=Success,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/journal-runs/{jr-number}",
        name="deleteJournalRun",
        summary="Delete a Cancelled journal run, with its entries. It is deleted asynchronously.",
        handler=delete,
        answer=Success,
    ),
]

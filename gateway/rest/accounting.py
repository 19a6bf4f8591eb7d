"""Accounting periods and accounting codes, which a client reads before it creates a run."""

from datetime import date
from typing import Annotated

from pydantic import BeforeValidator, Field

from gateway.rest.endpoint import Call, Endpoint
from gateway.rest.paging import Paged, numbered
from gateway.rest.refusals import Category, Refused, reason
from gateway.rest.wire import Success, Wire
from resolvers import accounting
from storage.pages import parse_id
from storage.words import AccountingCodeCategory, AccountingCodeStatus, AccountingPeriodStatus

PAGE_SIZE = 300

Id = Annotated[str, BeforeValidator(str)]


class AccountingPeriod(Wire):
    """A named range of days that runs can be created for."""

    id: Id
    name: str
    start_date: date
    end_date: date | None = Field(description="Null in the open-ended period, which runs never use.")
    status: AccountingPeriodStatus


class AccountingPeriodInList(AccountingPeriod):
    """A named range of days that runs can be created for."""

    # The published list has the year as a string, and the quarter's name with an underscore.
    fiscal_year: Annotated[str | None, BeforeValidator(lambda year: None if year is None else str(year))]
    fiscal_quarter: Annotated[int | None, Field(alias="fiscal_quarter")]


class GetAccountingPeriodResponse(AccountingPeriod, Success):
    """An accounting period."""

    fiscal_year: int | None
    fiscal_quarter: int | None


class GetAccountingPeriodsResponse(Paged):
    """A page of the accounting periods, by date."""

    accounting_periods: list[AccountingPeriodInList]


class AccountingCode(Wire):
    """An account of the subledger, and the account of the general ledger that it maps to."""

    id: Id
    name: str
    type: str
    category: AccountingCodeCategory | None
    status: AccountingCodeStatus
    gl_account_name: str | None
    gl_account_number: str | None


class GetAccountingCodeResponse(AccountingCode, Success):
    """An accounting code."""


class GetAccountingCodesResponse(Paged):
    """A page of the accounting codes, by name."""

    accounting_codes: list[AccountingCode]


async def periods(call: Call[None]) -> GetAccountingPeriodsResponse:
    """A page of the accounting periods."""
    wanted = numbered(call.url, PAGE_SIZE)
    page = await accounting.accounting_periods(call.context).page(wanted.window)
    found = [AccountingPeriodInList.model_validate(row) for row in page.rows]
    return GetAccountingPeriodsResponse(success=True, accounting_periods=found, next_page=wanted.next(page))


async def period(call: Call[None]) -> GetAccountingPeriodResponse:
    """The accounting period with this id."""
    found = await call.loaders.accounting_period.load(_id(call.parameters["ap-id"], "accounting period"))
    if found is None:
        raise _unknown(call.parameters["ap-id"], "accounting period")
    return GetAccountingPeriodResponse.model_validate({**found.model_dump(), "success": True})


async def codes(call: Call[None]) -> GetAccountingCodesResponse:
    """A page of the accounting codes."""
    wanted = numbered(call.url, PAGE_SIZE)
    page = await accounting.accounting_codes(call.context).page(wanted.window)
    found = [AccountingCode.model_validate(row) for row in page.rows]
    return GetAccountingCodesResponse(success=True, accounting_codes=found, next_page=wanted.next(page))


async def code(call: Call[None]) -> GetAccountingCodeResponse:
    """The accounting code with this id."""
    found = await call.loaders.accounting_code.load(_id(call.parameters["ac-id"], "accounting code"))
    if found is None:
        raise _unknown(call.parameters["ac-id"], "accounting code")
    return GetAccountingCodeResponse.model_validate({**found.model_dump(), "success": True})


def _id(text: str, noun: str) -> int:
    try:
        return parse_id(text)
    except ValueError:
        raise _unknown(text, noun) from None


def _unknown(text: str, noun: str) -> Refused:
    return Refused(reason(Category.NOT_FOUND, f"There is no {noun} with the id {text!r}; the list has the ids."))


ENDPOINTS = [
    Endpoint(
        method="GET",
        path="/v1/accounting-periods",
        name="getAllAccountingPeriods",
        summary="List the accounting periods, by date.",
        handler=periods,
        answer=GetAccountingPeriodsResponse,
        page_size=PAGE_SIZE,
    ),
    Endpoint(
        method="GET",
        path="/v1/accounting-periods/{ap-id}",
        name="getAccountingPeriod",
        summary="Retrieve an accounting period.",
        handler=period,
        answer=GetAccountingPeriodResponse,
    ),
    Endpoint(
        method="GET",
        path="/v1/accounting-codes",
        name="getAllAccountingCodes",
        summary="List the accounting codes, by name.",
        handler=codes,
        answer=GetAccountingCodesResponse,
        page_size=PAGE_SIZE,
    ),
    Endpoint(
        method="GET",
        path="/v1/accounting-codes/{ac-id}",
        name="getAccountingCode",
        summary="Retrieve an accounting code.",
        handler=code,
        answer=GetAccountingCodeResponse,
    ),
]

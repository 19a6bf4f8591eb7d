"""Accounting periods and accounting codes, which callers need to create runs.

Every authenticated caller may read them.
"""

from resolvers.context import Context
from storage import accounting_codes as codes
from storage import accounting_periods as periods
from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.pages import Page, Window


async def accounting_period(context: Context, name: str) -> AccountingPeriod | None:
    """The accounting period with that name."""
    return await context.gateway.read(periods.period_named, name)


async def accounting_periods(context: Context, window: Window) -> Page[AccountingPeriod]:
    """One page of accounting periods, by start date. Raises RequestError for a cursor of another list."""
    return await context.gateway.read(periods.accounting_periods, window)


async def accounting_period_count(context: Context) -> int:
    """The number of accounting periods."""
    return await context.gateway.read(periods.count_accounting_periods)


async def accounting_code(context: Context, name: str) -> AccountingCode | None:
    """The accounting code with that name."""
    return await context.gateway.read(codes.code_named, name)


async def accounting_codes(context: Context, window: Window) -> Page[AccountingCode]:
    """One page of accounting codes, by name. Raises RequestError for a cursor of another list."""
    return await context.gateway.read(codes.accounting_codes, window)


async def accounting_code_count(context: Context) -> int:
    """The number of accounting codes."""
    return await context.gateway.read(codes.count_accounting_codes)

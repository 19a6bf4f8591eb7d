"""What a caller needs to know before making a run: the accounting periods and codes there are.

Everybody who is let in may read them.
"""

from resolvers.context import Context
from storage import lists
from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.pages import Page, Window


async def accounting_periods(context: Context, window: Window) -> Page[AccountingPeriod]:
    """One page of accounting periods, by their days. Raises RequestError for a cursor of another list."""
    return await context.gateway.read(lists.accounting_periods, window)


async def accounting_period_count(context: Context) -> int:
    """How many accounting periods there are."""
    return await context.gateway.read(lists.count_accounting_periods)


async def accounting_codes(context: Context, window: Window) -> Page[AccountingCode]:
    """One page of accounting codes, by name. Raises RequestError for a cursor of another list."""
    return await context.gateway.read(lists.accounting_codes, window)


async def accounting_code_count(context: Context) -> int:
    """How many accounting codes there are."""
    return await context.gateway.read(lists.count_accounting_codes)

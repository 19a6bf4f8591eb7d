"""Accounting periods and accounting codes, which callers need to create runs.

Every authenticated caller may read them.
"""

from functools import partial

from resolvers.context import Context
from resolvers.reading import Listing, LookUp
from storage import accounting_codes as codes
from storage import accounting_periods as periods
from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.conditions import named


def accounting_period(context: Context, name: str) -> LookUp[AccountingPeriod]:
    """The accounting period with that name."""
    return LookUp(AccountingPeriod, named(name), partial(context.gateway.read, periods.period_named, name))


def accounting_periods(context: Context) -> Listing[AccountingPeriod]:
    """The accounting periods, by start date."""
    read = context.gateway.read
    return Listing(
        periods.PERIODS,
        [],
        lambda window: read(periods.accounting_periods, window),
        partial(read, periods.count_accounting_periods),
    )


def accounting_code(context: Context, name: str) -> LookUp[AccountingCode]:
    """The accounting code with that name."""
    return LookUp(AccountingCode, named(name), partial(context.gateway.read, codes.code_named, name))


def accounting_codes(context: Context) -> Listing[AccountingCode]:
    """The accounting codes, by name."""
    read = context.gateway.read
    return Listing(
        codes.CODES,
        [],
        lambda window: read(codes.accounting_codes, window),
        partial(read, codes.count_accounting_codes),
    )

"""Accounting periods and accounting codes: look-ups and lists."""

from typing import Annotated

import strawberry

from resolvers import accounting
from resolvers.names import name_to_find
from resolvers.reading import Listing, LookUp
from schema.accounting import AccountingCode, AccountingPeriod
from schema.info import Info
from schema.look_up import look_up
from schema.paging import connection
from storage import accounting_codes, accounting_periods

PeriodName = Annotated[str, strawberry.argument(description="Name, such as Dec 2024.")]
CodeName = Annotated[str, strawberry.argument(description="Name, such as Accounts Receivable.")]


@strawberry.type
class AccountingQueries:
    @look_up(AccountingPeriod, description="The accounting period with this name.")
    def accounting_period(self, info: Info, name: PeriodName) -> LookUp[accounting_periods.AccountingPeriod]:
        return accounting.accounting_period(info.context, name_to_find(name, "name"))

    @connection(AccountingPeriod, description="Accounting periods, by start date.")
    def accounting_periods(self, info: Info) -> Listing[accounting_periods.AccountingPeriod]:
        return accounting.accounting_periods(info.context)

    @look_up(AccountingCode, description="The accounting code with this name.")
    def accounting_code(self, info: Info, name: CodeName) -> LookUp[accounting_codes.AccountingCode]:
        return accounting.accounting_code(info.context, name_to_find(name, "name"))

    @connection(AccountingCode, description="Accounting codes, by name.")
    def accounting_codes(self, info: Info) -> Listing[accounting_codes.AccountingCode]:
        return accounting.accounting_codes(info.context)

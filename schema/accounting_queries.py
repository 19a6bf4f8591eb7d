"""Accounting periods and accounting codes: look-ups and lists."""

from functools import partial
from typing import Annotated

import strawberry

from resolvers import accounting
from resolvers.names import name_to_find
from schema.accounting import AccountingCode, AccountingPeriod
from schema.connection import Listing
from schema.info import Info
from schema.paging import connection
from storage import accounting_codes, accounting_periods

PeriodName = Annotated[str, strawberry.argument(description="Name, such as Dec 2024.")]
CodeName = Annotated[str, strawberry.argument(description="Name, such as Accounts Receivable.")]


@strawberry.type
class AccountingQueries:
    @strawberry.field(graphql_type=AccountingPeriod | None, description="The accounting period with this name.")
    async def accounting_period(self, info: Info, name: PeriodName) -> accounting_periods.AccountingPeriod | None:
        return await accounting.accounting_period(info.context, name_to_find(name, "name"))

    @connection(AccountingPeriod, description="Accounting periods, by start date.")
    def accounting_periods(self, info: Info) -> Listing[accounting_periods.AccountingPeriod]:
        return Listing(
            partial(accounting.accounting_periods, info.context),
            partial(accounting.accounting_period_count, info.context),
        )

    @strawberry.field(graphql_type=AccountingCode | None, description="The accounting code with this name.")
    async def accounting_code(self, info: Info, name: CodeName) -> accounting_codes.AccountingCode | None:
        return await accounting.accounting_code(info.context, name_to_find(name, "name"))

    @connection(AccountingCode, description="Accounting codes, by name.")
    def accounting_codes(self, info: Info) -> Listing[accounting_codes.AccountingCode]:
        return Listing(
            partial(accounting.accounting_codes, info.context), partial(accounting.accounting_code_count, info.context)
        )

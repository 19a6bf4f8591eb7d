"""Accounting codes, accounting periods and segments."""

from datetime import date

import strawberry

from schema.node import Node, to_id
from schema.permissions import ANYONE
from storage import accounting_codes, accounting_periods
from storage.words import AccountingCodeCategory, AccountingCodeStatus, AccountingPeriodStatus


@strawberry.type(
    description="An account of the subledger, and the general-ledger account it maps to.", directives=[ANYONE]
)
class AccountingCode(Node):
    row = accounting_codes.AccountingCode
    name: str = strawberry.field(description="Unique name; transactions refer to it.")
    type: str = strawberry.field(description="Type, such as AccountsReceivable.")
    category: AccountingCodeCategory | None = strawberry.field(description="Category in the financial statements.")
    status: AccountingCodeStatus = strawberry.field(description="Whether new transactions can use it.")
    gl_account_name: str | None = strawberry.field(description="Name of the general-ledger account.")
    gl_account_number: str | None = strawberry.field(description="Number of the general-ledger account.")

    @strawberry.field(description="Global id.")
    def id(root: strawberry.Parent[accounting_codes.AccountingCode]) -> strawberry.ID:
        return to_id("AccountingCode", root.name)


@strawberry.type(description="A named range of days whose books are closed together.", directives=[ANYONE])
class AccountingPeriod(Node):
    row = accounting_periods.AccountingPeriod
    name: str = strawberry.field(description="Unique name, such as Dec 2024.")
    start_date: date = strawberry.field(description="First day.")
    end_date: date | None = strawberry.field(description="Last day; null if the period is open-ended.")
    fiscal_year: int | None = strawberry.field(description="Fiscal year.")
    fiscal_quarter: int | None = strawberry.field(description="Fiscal quarter, 1 to 4.")
    status: AccountingPeriodStatus = strawberry.field(
        description="Closing status. Journal runs are possible in every status."
    )

    @strawberry.field(description="Global id.")
    def id(root: strawberry.Parent[accounting_periods.AccountingPeriod]) -> strawberry.ID:
        return to_id("AccountingPeriod", root.name)


@strawberry.type(description="A value in one business dimension.", directives=[ANYONE])
class Segment:
    name: str = strawberry.field(description="The dimension, such as country.")
    value: str | None = strawberry.field(description="Value; null if the transactions have none.")

"""Accounting codes and periods, and segments."""

from datetime import date

import strawberry

from storage.words import AccountingCodeCategory, AccountingCodeStatus, AccountingPeriodStatus


@strawberry.type(description="An account of the subledger, and the general-ledger account it maps to.")
class AccountingCode:
    name: str = strawberry.field(description="Its name, by which transactions name it.")
    type: str = strawberry.field(description="Its type, such as AccountsReceivable.")
    category: AccountingCodeCategory | None = strawberry.field(description="The part of the books it belongs to.")
    status: AccountingCodeStatus = strawberry.field(description="Whether it takes new transactions.")
    gl_account_name: str | None = strawberry.field(description="The general-ledger account's name.")
    gl_account_number: str | None = strawberry.field(description="The general-ledger account's number.")


@strawberry.type(description="A named range of days for which the books are closed together.")
class AccountingPeriod:
    name: str = strawberry.field(description="Its name, such as Dec 2024.")
    start_date: date = strawberry.field(description="Its first day.")
    end_date: date | None = strawberry.field(description="Its last day; null for the open-ended period.")
    fiscal_year: int | None = strawberry.field(description="The fiscal year it belongs to.")
    fiscal_quarter: int | None = strawberry.field(description="The fiscal quarter it belongs to, 1 to 4.")
    status: AccountingPeriodStatus = strawberry.field(description="How far its closing is; it stops nothing here.")


@strawberry.type(description="The value of one business dimension.")
class Segment:
    name: str = strawberry.field(description="The dimension, such as country.")
    value: str | None = strawberry.field(description="Its value; null where the transactions name none.")

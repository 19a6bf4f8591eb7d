"""The columns of a file of transactions, and the fields of one of its lines."""

from collections.abc import Mapping
from functools import partial

from resolvers.import_lines import Cells, word
from resolvers.transactions import TransactionFields
from storage.days import parse_day
from storage.money import parse_decimal
from storage.words import TransactionType

REQUIRED = (
    "transaction_id",
    "transaction_type",
    "transaction_date",
    "amount",
    "currency",
    "debit_account",
    "credit_account",
)
OPTIONAL = ("organization", "exchange_rate", "home_amount", "account_number", "document_number")
SEGMENT = "segment."
"""The columns of segments begin with this: `segment.country`."""

_type = partial(word, TransactionType)


def fields_of(values: Mapping[str, str]) -> TransactionFields:
    """The fields of a line, and the violations of those that cannot be parsed."""
    cells = Cells(values)
    transaction_type = cells.read("transaction_type", _type)
    transaction_date = cells.read("transaction_date", parse_day)
    amount = cells.read("amount", parse_decimal)
    currency = cells.read("currency", str)
    exchange_rate = cells.read("exchange_rate", parse_decimal)
    home_amount = cells.read("home_amount", parse_decimal)
    cells.require("transaction_type", transaction_type)
    cells.require("transaction_date", transaction_date)
    cells.require("amount", amount)
    cells.require("currency", currency)
    return TransactionFields(
        transaction_id=values.get("transaction_id"),
        transaction_type=transaction_type,
        transaction_date=transaction_date,
        amount=amount,
        currency=currency,
        debit_account=values.get("debit_account"),
        credit_account=values.get("credit_account"),
        organization=values.get("organization"),
        exchange_rate=exchange_rate,
        home_amount=home_amount,
        account_number=values.get("account_number"),
        document_number=values.get("document_number"),
        segments=[(name.removeprefix(SEGMENT), text) for name, text in values.items() if name.startswith(SEGMENT)],
        unreadable=cells.violations.found,
    )

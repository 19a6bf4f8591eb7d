"""The ledger that is read, made by the product's own import and runs."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import pairwise, product

from resolvers.import_ledger import import_accounting_codes, import_accounting_periods, import_segments
from runs.create_rules import RunDraft
from storage.database import Database
from storage.migration import migrate
from storage.words import TransactionType
from tests.support.direct_runs import run_now
from tests.support.ledger import post, refuse

TRANSACTIONS = 24
"""Transactions of each entry in the first run."""

RUNS = 25

_AMOUNTS = {"GBP": "{}.{:02}", "JPY": "{}"}
_TYPES = (TransactionType.INVOICE_ITEM, TransactionType.TAXATION_ITEM, TransactionType.CREDIT_MEMO_ITEM_CHARGE)
_COUNTRIES = [f"Country {number:02}" for number in range(12)]
_PRODUCTS = [f"Product {number:02}" for number in range(15)]
_CREDITED = [f"Revenue {number:02}" for number in range(40)]
_RECEIVABLE = "Accounts Receivable"


def make_ledger(url: str) -> None:
    """Fill a new database: 1,080 entries in run JR-00000001, and a small run for each of the months after it."""
    database = Database(url)
    migrate(database)
    months = [date(2023 + number // 12, number % 12 + 1, 1) for number in range(RUNS + 1)]
    codes = [
        {"name": name, "type": "OtherAssets", "gl_account_name": f"GL {name}", "gl_account_number": str(1000 + number)}
        for number, name in enumerate([_RECEIVABLE, *_CREDITED])
    ]
    periods = [
        {"name": f"{start:%b %Y}", "start_date": str(start), "end_date": str(end - timedelta(days=1))}
        for start, end in pairwise(months)
    ]
    segments = [
        {"segment": name, "segmentation_rule": "By country and product", "active": "yes"}
        for name in ("country", "product")
    ]
    import_accounting_codes(database, enumerate(codes), refuse, actor="bench")
    import_accounting_periods(database, enumerate(periods), refuse, actor="bench")
    import_segments(database, enumerate(segments), refuse, actor="bench")
    post(database, _lines(months))
    for period in periods:
        draft = RunDraft(
            transaction_types=_TYPES,
            journal_entry_date=date.fromisoformat(period["end_date"]),
            accounting_period_name=period["name"],
        )
        run_now(database, draft=draft)
    database.close()


def _lines(months: list[date]) -> Iterator[dict[str, str]]:
    groups = list(product(_TYPES, _AMOUNTS, _COUNTRIES, _PRODUCTS))
    for group in groups:
        for number in range(TRANSACTIONS):
            yield _line(months[0] + timedelta(days=number), number, group)
    for month, start in enumerate(months[1:-1], start=1):
        for group in groups[month :: len(groups) // 8]:
            yield _line(start, month, group)


def _line(day: date, number: int, group: tuple[TransactionType, str, str, str]) -> dict[str, str]:
    kind, currency, country, product_name = group
    seed = sum(map(ord, kind + currency + country + product_name))
    return {
        "transaction_id": f"{day:%Y%m%d}-{kind.name}-{currency}-{country}-{product_name}".replace(" ", "-"),
        "transaction_type": kind.value,
        "transaction_date": str(day),
        "amount": _AMOUNTS[currency].format(100 + seed + number, (seed * 7 + number) % 100),
        "currency": currency,
        "debit_account": _RECEIVABLE,
        "credit_account": _CREDITED[(seed + number % 3) % len(_CREDITED)],
        "document_number": f"D-{seed}-{number}",
        "segment.country": country,
        "segment.product": product_name,
    }

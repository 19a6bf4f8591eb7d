"""The ledger that the tests use."""

from collections.abc import Iterable, Sequence
from datetime import date

from resolvers.import_ledger import import_accounting_codes, import_accounting_periods, import_segments
from resolvers.import_lines import Imported
from resolvers.import_transactions import import_transactions
from runs.violations import Violation
from storage.database import Database
from storage.settings import Ledger, lock_settings

CODES = ["Accounts Receivable", "Cash", "Sales", "Services", "Tax Payable"]

PERIODS = [
    ("Dec 2024", date(2024, 12, 1), date(2024, 12, 31)),
    ("Jan 2025", date(2025, 1, 1), date(2025, 1, 31)),
    ("Feb 2025", date(2025, 2, 1), date(2025, 2, 28)),
    ("Open-Ended", date(2025, 3, 1), None),
]

TYPES = ["Invoice Item", "Taxation Item", "Credit Memo Item (Charge)", "Electronic Payment", "Revenue Event Item"]


def fill(database: Database) -> None:
    """Accounting codes (one of them inactive), periods, two segments, and an active rule by country."""
    codes = [{"name": name, "type": "OtherAssets", "gl_account_number": str(1000 + n)} for n, name in enumerate(CODES)]
    codes.append({"name": "Old Sales", "type": "SalesRevenue", "status": "Inactive"})
    periods = [
        {"name": name, "start_date": str(start)} | ({} if end is None else {"end_date": str(end)})
        for name, start, end in PERIODS
    ]
    segments = [{"segment": "country", "segmentation_rule": "By country", "active": "yes"}, {"segment": "product"}]
    import_accounting_codes(database, enumerate(codes), refuse, actor="test")
    import_accounting_periods(database, enumerate(periods), refuse, actor="test")
    import_segments(database, enumerate(segments), refuse, actor="test")


def line(transaction_id: str, **values: str) -> dict[str, str]:
    """A line of the feed: by default an invoice item of 10.00 GBP on 2024-12-05 in the UK.

    The keyword `segment_country` sets the column `segment.country`.
    """
    usual = {
        "transaction_id": transaction_id,
        "transaction_type": "Invoice Item",
        "transaction_date": "2024-12-05",
        "amount": "10.00",
        "currency": "GBP",
        "debit_account": "Accounts Receivable",
        "credit_account": "Sales",
        "segment.country": "UK",
    }
    given = {name.replace("segment_", "segment.", 1): value for name, value in values.items()}
    return {name: value for name, value in {**usual, **given}.items() if value}


def post(database: Database, lines: Iterable[dict[str, str]], ledger: Ledger | None = None) -> Imported:
    """Import these lines; a line that is rejected fails the test."""
    numbered = enumerate(lines, start=2)
    if ledger is not None:
        keep(database, ledger)
    return import_transactions(database, numbered, refuse, source="test", actor="test")


def keep(database: Database, ledger: Ledger) -> None:
    """Give the ledger these settings."""
    with database.write() as session:
        settings = lock_settings(session)
        settings.home_currency = ledger.home_currency
        settings.aggregate_currency = ledger.aggregate_currency
        session.add(settings)


def refuse(number: int, violations: Sequence[Violation]) -> None:
    """Fails the test: no line should be rejected."""
    raise AssertionError(f"line {number}: {violations}")

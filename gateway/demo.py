"""A small, realistic ledger for trying the gateway: ten entries, one of them already transferred."""

import asyncio
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import Decimal

from resolvers.context import Context, Gateway
from resolvers.import_ledger import import_accounting_codes, import_accounting_periods, import_segments
from resolvers.import_transactions import import_transactions
from resolvers.journal_entries import set_transferred_to_accounting
from resolvers.journal_runs import create_journal_run, journal_run
from runs.create_rules import RunDraft
from runs.violations import Violation
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus, Permission, TransactionType, TransferStatus

ACTOR = "demo"
TRANSFERRED = "JE-00000004"
"""The entry that is transferred to accounting, and therefore cannot be cancelled."""

_CODES = [
    ("Accounts Receivable", "AccountsReceivable", "Assets", "Trade debtors", "1100"),
    ("Cash at Bank", "Cash", "Assets", "Bank current account", "1200"),
    ("Subscription Revenue", "SalesRevenue", "Revenue", "Subscriptions", "4000"),
    ("Setup Fees", "OtherRevenue", "Revenue", "Services", "4100"),
    ("VAT Payable", "SalesTaxPayable", "Liabilities", "VAT control account", "2200"),
]
_PERIODS = [("Sep 2026", "2026-09-01", "2026-09-30"), ("Oct 2026", "2026-10-01", "2026-10-31")]
_FIRST_DAY = date(2026, 10, 1)
_VAT = {"United Kingdom": Decimal("0.20"), "Germany": Decimal("0.19"), "France": Decimal("0.20")}
_CURRENCY = {"United Kingdom": "GBP", "Germany": "EUR", "France": "EUR"}
_PRICES = [Decimal("49.00"), Decimal("99.00"), Decimal("249.50")]
_SETUP_FEE = Decimal("120.00")
_INVOICES = {"United Kingdom": 84, "Germany": 61, "France": 47}


async def fill(gateway: Gateway) -> None:
    """Fill the empty ledger, create a run for October 2026, and mark one of its ten entries as transferred."""
    await asyncio.to_thread(_import, gateway)
    context = Context(gateway, ACTOR, frozenset(Permission))
    created = await create_journal_run(
        context,
        RunDraft(
            accounting_period_name="Oct 2026",
            journal_entry_date=date(2026, 10, 31),
            transaction_types=[
                TransactionType.INVOICE_ITEM,
                TransactionType.TAXATION_ITEM,
                TransactionType.CREDIT_MEMO_ITEM_CHARGE,
                TransactionType.ELECTRONIC_PAYMENT,
            ],
        ),
    )
    run = await _completed(context, created)
    assert run.total_journal_entry_count == 10, run.error_message
    await set_transferred_to_accounting(context, [TRANSFERRED], TransferStatus.YES)


async def _completed(context: Context, created: JournalRun) -> JournalRun:
    while True:
        run = await journal_run(context, created.number).row()
        assert run is not None
        if run.status in (JournalRunStatus.COMPLETED, JournalRunStatus.ERROR):
            return run
        await asyncio.sleep(0.05)


def _import(gateway: Gateway) -> None:
    database = gateway.database
    codes = [
        {"name": name, "type": type_, "category": category, "gl_account_name": gl_name, "gl_account_number": number}
        for name, type_, category, gl_name, number in _CODES
    ]
    periods = [{"name": name, "start_date": start, "end_date": end} for name, start, end in _PERIODS]
    rule = {"segment": "country", "segmentation_rule": "By country", "active": "yes"}
    import_accounting_codes(database, enumerate(codes), _refuse, actor=ACTOR)
    import_accounting_periods(database, enumerate(periods), _refuse, actor=ACTOR)
    import_segments(database, enumerate([rule]), _refuse, actor=ACTOR)
    import_transactions(database, enumerate(_transactions()), _refuse, source="demo", actor=ACTOR)


def _refuse(line: int, violations: Sequence[Violation]) -> None:
    raise AssertionError(f"demo data, line {line}: {violations}")


def _transactions() -> Iterator[dict[str, str]]:
    """Invoices with VAT in three countries; payments in the UK and France; credits in the UK and Germany."""
    for country, vat in _VAT.items():
        for number in range(1, _INVOICES[country] + 1):
            invoice = f"{country[0]}-{number:04}"
            day = _FIRST_DAY + timedelta(days=number % 31)
            charge = _PRICES[number % len(_PRICES)]
            yield _line(invoice, "1", "Invoice Item", day, charge, country, "Subscription Revenue")
            fee = _SETUP_FEE if number % 10 == 0 else Decimal(0)
            if fee:
                yield _line(invoice, "2", "Invoice Item", day, fee, country, "Setup Fees")
            tax = ((charge + fee) * vat).quantize(Decimal("0.01"))
            yield _line(invoice, "tax", "Taxation Item", day, tax, country, "VAT Payable")
            if country != "Germany" and number % 3 == 0:
                yield _payment(invoice, day, charge + fee + tax, country)
            if country != "France" and number % 20 == 0:
                yield _line(
                    invoice, "credit", "Credit Memo Item (Charge)", day, -charge, country, "Subscription Revenue"
                )


def _line(invoice: str, item: str, kind: str, day: date, amount: Decimal, country: str, credit: str) -> dict[str, str]:
    return {
        "transaction_id": f"{invoice}/{item}",
        "transaction_type": kind,
        "transaction_date": day.isoformat(),
        "amount": str(amount),
        "currency": _CURRENCY[country],
        "debit_account": "Accounts Receivable",
        "credit_account": credit,
        "document_number": invoice,
        "segment.country": country,
    }


def _payment(invoice: str, day: date, amount: Decimal, country: str) -> dict[str, str]:
    line = _line(invoice, "payment", "Electronic Payment", day, amount, country, "Accounts Receivable")
    return {**line, "debit_account": "Cash at Bank"}

"""Importing a file of transactions: one database transaction, in constant memory."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from functools import partial
from itertools import islice

from sqlmodel import Session

from resolvers.import_lines import (
    Cells,
    Imported,
    ImportRefused,
    Line,
    Lines,
    OnlyChecked,
    Reject,
    Settle,
    Uncollectable,
    at_once,
    malformed,
    word,
)
from resolvers.post_transactions import post
from resolvers.transactions import Checker, TransactionFields
from storage import audit
from storage.accounting_periods import periods_of_days
from storage.database import Database, DatabaseBusy
from storage.days import parse_day
from storage.money import Minor, MoneyError, parse_decimal, to_decimal
from storage.postings import OpenPosting, RecordedMeanwhile, lock_file_imports
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

TRANSACTIONS_PER_BATCH = 5_000
"""Transactions posted at a time, which is also the part of a file that is in memory."""


def import_transactions(
    database: Database,
    lines: Lines,
    reject: Reject,
    *,
    source: str,
    actor: str,
    settle: Settle = at_once,
) -> Imported:
    """Record every valid line of a file; if this raises, nothing is recorded.

    Invalid lines are rejected in the order of the file, each before the batch after its own is read.
    A transaction recorded before with the same content is a duplicate; with other content it is rejected.
    Raises ImportRefused if a sum exceeds 64 bits, or if another caller records the same transactions meanwhile.
    """
    result = Imported()
    totals: Counter[str] = Counter()
    try:
        with database.write() as session:
            lock_file_imports(session)
            checker = Checker(session)
            posting = OpenPosting(session, source[-1024:], actor)
            remaining = iter(lines)
            days: Counter[date] = Counter()
            while batch := list(islice(remaining, TRANSACTIONS_PER_BATCH)):
                _post(session, posting, checker, batch, result, totals, days, reject)
            _place(session, days, result)
            result.totals = {code: to_decimal(Minor(total), checker.currencies[code]) for code, total in totals.items()}
            _audit(session, result, source, actor)
            settle()
    except OnlyChecked:
        pass
    except MoneyError as error:
        raise ImportRefused(f"{error}; nothing of {source} was recorded") from error
    except (RecordedMeanwhile, DatabaseBusy) as error:
        raise ImportRefused(
            f"another writer is holding the ledger; nothing of {source} was recorded, so run the import again"
        ) from error
    return result


def _post(
    session: Session,
    posting: OpenPosting,
    checker: Checker,
    batch: Sequence[Line],
    result: Imported,
    totals: Counter[str],
    days: Counter[date],
    reject: Reject,
) -> None:
    rejected = {number: [malformed(values)] for number, values in batch if isinstance(values, str)}
    lines = [(number, values) for number, values in batch if not isinstance(values, str)]
    judged = post(session, posting, checker, [checker.check(_fields(values)) for _, values in lines])
    for place, violations in judged.violations.items():
        rejected[lines[place][0]] = violations
    result.recorded += len(judged.fresh)
    result.duplicates += judged.duplicates
    result.rates_added += judged.rates_added
    result.rejected += len(rejected)
    for number in sorted(rejected):
        reject(number, rejected[number])
    for transaction in judged.fresh:
        totals[transaction.key.currency] += transaction.amount_minor
        days[transaction.transaction_date] += 1


def _place(session: Session, days: Counter[date], result: Imported) -> None:
    """Count the transactions that no run can collect, because of their dates."""
    periods = periods_of_days(session, days)
    outside: Counter[date] = Counter()
    open_ended: Counter[date] = Counter()
    for dated, count in days.items():
        period = periods.get(dated)
        if period is None:
            outside[dated] = count
        elif period.end_date is None:
            open_ended[dated] = count
    result.in_no_period = _uncollectable(outside)
    result.in_open_ended_period = _uncollectable(open_ended)


def _uncollectable(days: Counter[date]) -> Uncollectable | None:
    return Uncollectable(days.total(), min(days), max(days)) if days else None


def _fields(values: Mapping[str, str]) -> TransactionFields:
    """The fields of a line, and the violations of those that cannot be parsed."""
    cells = Cells(values)
    fields = TransactionFields(
        transaction_id=values.get("transaction_id"),
        transaction_type=cells.read("transaction_type", partial(word, TransactionType)),
        transaction_date=cells.read("transaction_date", parse_day),
        amount=cells.read("amount", parse_decimal),
        currency=cells.read("currency", str),
        debit_account=values.get("debit_account"),
        credit_account=values.get("credit_account"),
        organization=values.get("organization"),
        exchange_rate=cells.read("exchange_rate", parse_decimal),
        home_amount=cells.read("home_amount", parse_decimal),
        account_number=values.get("account_number"),
        document_number=values.get("document_number"),
        segments=[(name.removeprefix(SEGMENT), text) for name, text in values.items() if name.startswith(SEGMENT)],
    )
    cells.require("transaction_type", fields.transaction_type)
    cells.require("transaction_date", fields.transaction_date)
    cells.require("amount", fields.amount)
    cells.require("currency", fields.currency)
    return replace(fields, unreadable=cells.violations.found)


def _audit(session: Session, result: Imported, source: str, actor: str) -> None:
    audit.record(
        session,
        actor=actor,
        action=audit.Action.IMPORT,
        subject_type=audit.SubjectType.TRANSACTIONS,
        subject=source,
        after={
            "recorded": result.recorded,
            "duplicates": result.duplicates,
            "rates_added": result.rates_added,
            "rejected": result.rejected,
            "totals": {currency: str(total) for currency, total in result.totals.items()},
        },
    )

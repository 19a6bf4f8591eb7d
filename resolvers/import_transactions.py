"""Importing a feed of transactions: one file, one database transaction, in flat memory."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from itertools import islice
from typing import Any

from sqlmodel import Session

from resolvers.context import Ledger
from resolvers.import_lines import (
    Faulty,
    Imported,
    ImportRefused,
    Line,
    Lines,
    OnlyChecked,
    Reject,
    Settle,
    at_once,
    day,
    required,
    word,
)
from resolvers.transactions import Checker, TransactionFields
from storage import audit
from storage.database import Database, DatabaseBusy
from storage.money import MoneyError, parse_decimal
from storage.posting import NewTransaction, OpenPosting, Posted, RecordedMeanwhile, lock_file_imports
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
PREFIX = "segment."
"""Begins the columns of segments: `segment.country`."""

BATCH = 5_000
"""Transactions posted at a time; memory holds no more of a file than that."""


def import_transactions(
    database: Database,
    ledger: Ledger,
    lines: Lines,
    reject: Reject,
    *,
    source: str,
    actor: str,
    settle: Settle = at_once,
) -> Imported:
    """Post every good line of a file, or nothing of it when this raises.

    Lines are rejected in the order of the file, each before more than BATCH lines after it are read.
    A transaction posted before with the same content is a duplicate, with other content it is rejected. A bad
    line is rejected and the others are taken. Raises ImportRefused when a sum leaves 64 bits, or when another
    caller recorded the same transactions at the same moment.
    """
    result = Imported()
    try:
        with database.write() as session:
            lock_file_imports(session)
            checker = Checker(session, ledger)
            posting = OpenPosting(session, source[-1024:], actor)
            remaining = iter(lines)
            while batch := list(islice(remaining, BATCH)):
                _post(posting, _checked(checker, batch, result, reject), result, reject)
            _audit(session, result, source, actor)
            settle()
    except OnlyChecked:
        pass
    except MoneyError as error:
        raise ImportRefused(f"{error}; nothing of {source} was recorded") from error
    except (RecordedMeanwhile, DatabaseBusy) as error:
        raise ImportRefused(
            f"others are writing to the ledger at the same moment; nothing of {source} was recorded, so run the"
            " import again"
        ) from error
    return result


def _checked(
    checker: Checker, batch: Iterable[Line], result: Imported, reject: Reject
) -> Iterator[tuple[int, NewTransaction]]:
    for number, values in batch:
        if isinstance(values, str):
            reasons = [values]
        else:
            try:
                checked = checker.check(_parsed(values))
            except Faulty as fault:
                reasons = [str(fault)]
            else:
                if isinstance(checked, NewTransaction):
                    yield number, checked
                    continue
                reasons = [f"{fault.column}: {fault.message}" for fault in checked]
        result.rejected += 1
        reject(number, "; ".join(reasons))


def _post(
    posting: OpenPosting, checked: Iterable[tuple[int, NewTransaction]], result: Imported, reject: Reject
) -> None:
    numbered = list(checked)
    batch = [transaction for _, transaction in numbered]
    posted = posting.post(batch)
    result.recorded += len(posted.fresh)
    result.duplicates += posted.duplicates
    for place in posted.conflicts:
        number, transaction = numbered[place]
        result.rejected += 1
        reject(
            number,
            f"transaction_id: {transaction.transaction_id!r} was recorded before with other content;"
            " a recorded transaction is never changed",
        )
    _add_totals(result, batch, posted)


def _add_totals(result: Imported, batch: list[NewTransaction], posted: Posted) -> None:
    for place in posted.fresh:
        currency = batch[place].key.currency
        result.totals[currency] = result.totals.get(currency, 0) + batch[place].amount


def _parsed(values: Mapping[str, str]) -> TransactionFields:
    """The fields of a line. Raises Faulty with everything in it that cannot be read."""
    faults: list[str] = []

    def read(column: str, parse: Callable[[str, str], Any]) -> Any:
        text = values.get(column)
        try:
            return None if text is None and column in OPTIONAL else parse(column, required(values, column))
        except Faulty as fault:
            faults.append(str(fault))
            return None

    fields = {column: read(column, _PARSERS.get(column, lambda _, text: text)) for column in (*REQUIRED, *OPTIONAL)}
    if faults:
        raise Faulty("; ".join(faults))
    segments = [(column.removeprefix(PREFIX), text) for column, text in values.items() if column.startswith(PREFIX)]
    return TransactionFields(**fields, segments=segments)


def _decimal(column: str, text: str) -> Decimal:
    try:
        return parse_decimal(text)
    except MoneyError as error:
        raise Faulty(f"{column}: {error}") from None


_PARSERS: dict[str, Callable[[str, str], Any]] = {
    "transaction_type": lambda column, text: word(TransactionType, column, text),
    "transaction_date": day,
    "amount": _decimal,
    "exchange_rate": _decimal,
    "home_amount": _decimal,
}


def _audit(session: Session, result: Imported, source: str, actor: str) -> None:
    audit.record(
        session,
        actor=actor,
        action="import",
        subject_type="Transactions",
        subject=source,
        after={
            "recorded": result.recorded,
            "duplicates": result.duplicates,
            "rejected": result.rejected,
            "totals": {currency: str(total) for currency, total in result.totals.items()},
        },
    )

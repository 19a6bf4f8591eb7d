"""Importing a file of transactions: one database transaction, in constant memory."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice

from sqlmodel import Session

from resolvers.import_lines import (
    Imported,
    ImportRefused,
    Line,
    Lines,
    OnlyChecked,
    Reject,
    Settle,
    at_once,
    malformed,
)
from resolvers.import_totals import Totals
from resolvers.post_transactions import post
from resolvers.quick_check import QuickChecker
from resolvers.transaction_lines import fields_of
from resolvers.transactions import Checker
from storage import audit
from storage.database import Database, DatabaseBusy
from storage.money import MoneyError
from storage.postings import OpenPosting, RecordedMeanwhile, lock_file_imports

TRANSACTIONS_PER_BATCH = 5_000
"""Transactions posted at a time, which is also the part of a file that is in memory."""

Post = Callable[[Session, Checker, Imported, Totals], None]
"""Posts the valid lines of a file, and counts them in the result and in the totals."""


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

    def post_lines(session: Session, checker: Checker, result: Imported, totals: Totals) -> None:
        posting = OpenPosting(session, source, actor)
        remaining = iter(lines)
        while batch := list(islice(remaining, TRANSACTIONS_PER_BATCH)):
            _post(session, posting, checker, batch, result, totals, reject)

    return import_whole(database, post_lines, source=source, actor=actor, settle=settle)


def import_whole(database: Database, post: Post, *, source: str, actor: str, settle: Settle) -> Imported:
    """Post a file in one database transaction, with its totals and its event; if this raises, nothing is recorded.

    Raises ImportRefused as `import_transactions` does.
    """
    result, totals = Imported(), Totals()
    with refused(source), database.write() as session:
        lock_file_imports(session)
        checker = QuickChecker(session)
        post(session, checker, result, totals)
        conclude(session, checker, result, totals, source=source, actor=actor)
        settle()
    return result


@contextmanager
def refused(source: str) -> Iterator[None]:
    """Turn what refuses the file into ImportRefused; with OnlyChecked, the block ends as if all were well."""
    try:
        yield
    except OnlyChecked:
        pass
    except MoneyError as error:
        raise ImportRefused(f"{error}; nothing of {source} was recorded") from error
    except (RecordedMeanwhile, DatabaseBusy) as error:
        raise ImportRefused(
            f"another writer is holding the ledger; nothing of {source} was recorded, so run the import again"
        ) from error


def conclude(session: Session, checker: Checker, result: Imported, totals: Totals, *, source: str, actor: str) -> None:
    """Tell the totals, and record the import as an event."""
    totals.tell(session, checker.currencies, result)
    _audit(session, result, source, actor)


def _post(
    session: Session,
    posting: OpenPosting,
    checker: Checker,
    batch: Sequence[Line],
    result: Imported,
    totals: Totals,
    reject: Reject,
) -> None:
    rejected = {number: [malformed(values)] for number, values in batch if isinstance(values, str)}
    lines = [(number, values) for number, values in batch if not isinstance(values, str)]
    judged = post(session, posting, checker, [checker.check(fields_of(values)) for _, values in lines])
    for place, violations in judged.violations.items():
        rejected[lines[place][0]] = violations
    result.recorded += len(judged.fresh)
    result.duplicates += judged.duplicates
    result.rates_added += judged.rates_added
    result.rejected += len(rejected)
    for number in sorted(rejected):
        reject(number, rejected[number])
    for transaction in judged.fresh:
        totals.add(transaction.key.currency, transaction.transaction_date, 1, transaction.amount_minor)


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

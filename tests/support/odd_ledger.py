"""A ledger with everything that is odd, the same on every database: ids, moments, amounts and texts are fixed.

It satisfies the conservation rules. Runs in all statuses are in it at once, although only one can run at a time.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from random import Random

from sqlalchemy import insert, text
from sqlmodel import Session, SQLModel

from storage.accounting_codes import AccountingCode
from storage.accounting_periods import AccountingPeriod
from storage.database import Database
from storage.money import AMOUNT_MINOR_MAX
from storage.segments import SegmentationRule, SegmentationRuleSegment, SegmentDefinition
from storage.words import (
    AccountingCodeCategory,
    AccountingCodeStatus,
    AccountingPeriodStatus,
    JournalRunStatus,
    TransactionType,
)
from tests.support.odd_books import OddBooks
from tests.support.odd_rows import CODES, PERIODS, RULE, SEGMENTS, code_id, period_id
from tests.support.odd_texts import NAMES, TEXTS

LARGEST = AMOUNT_MINOR_MAX


def fill_oddly(database: Database) -> None:
    """Fill the migrated, empty database."""
    books = OddBooks()
    _add_runs(books)
    _add_open_transactions(books)
    books.add_manual_entries()
    with database.write() as session:
        session.execute(text("DROP INDEX one_running_journal_run"))
        _insert(session, _codes())
        _insert(session, _periods())
        for rows in (*_segments(), *books.tables()):
            _insert(session, rows)


def _insert(session: Session, rows: Sequence[SQLModel]) -> None:
    """Insert the rows shuffled, so that no list is in order by luck."""
    shuffled = list(rows)
    Random(1).shuffle(shuffled)  # noqa: S311
    session.execute(insert(type(rows[0])), [row.model_dump() for row in shuffled])


def _codes() -> list[AccountingCode]:
    categories = [None, *AccountingCodeCategory]
    return [
        AccountingCode(
            id=code_id(place),
            name=name,
            type=TEXTS[place % len(TEXTS)][:100] or "Type",
            category=categories[place % len(categories)],
            status=AccountingCodeStatus.INACTIVE if place % 5 == 4 else AccountingCodeStatus.ACTIVE,
            gl_account_name=None if place % 3 == 0 else TEXTS[(place + 3) % len(TEXTS)],
            gl_account_number=None if place % 4 == 0 else f"{place:04}",
        )
        for place, name in enumerate(NAMES[:CODES])
    ]


def _periods() -> list[AccountingPeriod]:
    statuses = list(AccountingPeriodStatus)
    return [
        AccountingPeriod(
            id=period_id(place),
            name=name,
            start_date=start,
            end_date=end,
            fiscal_year=None if place % 3 == 0 else start.year,
            fiscal_quarter=None if place % 2 == 0 else 1 + place % 4,
            status=statuses[place % len(statuses)],
        )
        for place, (name, start, end) in enumerate(PERIODS)
    ]


def _segments() -> Iterable[Sequence[SQLModel]]:
    yield [SegmentDefinition(id=30 + place, name=name) for place, name in enumerate(SEGMENTS)]
    yield [
        SegmentationRule(id=41, name="Rule '%s' \"größe\" \U0001f600", active=True),
        SegmentationRule(id=42, name="Unused", active=False),
    ]
    yield [
        SegmentationRuleSegment(
            id=59 - place, segmentation_rule_id=41, transaction_type=kind, position=position, segment_name=name
        )
        for place, (kind, position, name) in enumerate(
            (kind, position, name) for kind, names in RULE.items() for position, name in enumerate(names)
        )
    ]


def _add_runs(books: OddBooks) -> None:
    status = JournalRunStatus
    busy = [(place, (place % 4) * 100 - 150 + place) for place in range(40)]
    first = books.run(status.COMPLETED, 1, busy, ruled=True)
    books.run(status.ERROR, 1, [], error_message=TEXTS[3])
    books.run(status.ERROR, 2, [], error_message=TEXTS[12], organization_labels=list(NAMES[7:11]))
    cancelled = books.run(
        status.CANCELLED, 1, busy[:12], ruled=True, cancelled="all", organization_labels=["é", 'a"b\\']
    )
    books.cancel(cancelled, outcomes="ffcc")
    books.cancel(cancelled, outcomes="fcf")
    books.cancel(cancelled, outcomes="ccc")
    books.run(status.COMPLETED, 0, [(0, LARGEST), (1, -LARGEST), (2, -1), (7, 1), (9, LARGEST)])
    books.run(status.COMPLETED, 2, [])
    books.run(status.COMPLETED, 2, [(6, 0)])
    books.run(status.CANCELLED, 3, [], transaction_count=2**40)
    zero = [(place, amount) for place in (0, 1, 29, 30, 31, 58, 3) for amount in (5, -2, -3)]
    books.run(status.COMPLETED, 2, zero, ruled=True)
    some = books.run(status.COMPLETED, 3, [*busy[5:16], *zero], ruled=True, cancelled="some")
    books.cancel(some, outcomes="cfcfcf")
    going_on = books.run(status.CANCEL_IN_PROGRESS, 3, [*busy[20:30], *zero[:6]], cancelled="some")
    books.cancel(going_on, outcomes="cfc", remaining=4)
    books.run(status.COMPLETED, 3, [(place, 7 + place) for place in range(30)], aggregate_into="GBP")
    books.run(status.COMPLETED, 3, [(place, 3) for place in range(29)] + zero, ruled=True, aggregate_into="KWD")
    deleted = books.run(status.DELETE_IN_PROGRESS, 4, busy[3:6], cancelled="all", transaction_count=99)
    books.cancel(deleted, outcomes="cc", lost=3)
    books.run(status.PENDING, 4, [])
    books.run(status.PROCESSING, 3, [], organization_labels=[TEXTS[4], TEXTS[5], ""])
    books.cancel(first, outcomes="")


def _add_open_transactions(books: OddBooks) -> None:
    """Transactions that no run has taken: in no period, in an open-ended one, and awaiting a run."""
    days = [date(2011, 2, 10), date(2011, 4, 1), date(9999, 12, 31), date(2010, 12, 31), date(1, 1, 1), date(1, 12, 31)]
    books.open([(place * 3, 10**place, day) for place, day in enumerate(days)])
    books.open([(place, -(10 ** (place % 19)), date(2010, 12, 1)) for place in range(len(TransactionType))])

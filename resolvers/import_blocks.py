"""Importing a large file of transactions in columns; what the screen is not sure of goes the way of single lines."""

from bisect import bisect_left
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import replace
from functools import partial
from typing import Any

import pyarrow as pa  # type: ignore[import-untyped]
import pyarrow.compute as pc  # type: ignore[import-untyped]
from sqlmodel import Session

from resolvers.blocks import Block
from resolvers.column_sums import sums_by_currency_and_day
from resolvers.import_lines import Imported, ImportRefused, Reject, Settle, at_once, malformed
from resolvers.import_totals import Totals
from resolvers.import_transactions import TRANSACTIONS_PER_BATCH, conclude, import_whole, refused
from resolvers.post_transactions import Judged, judge
from resolvers.quick_check import QuickChecker
from resolvers.screen import Screen, Sifted, columns_of
from resolvers.transaction_lines import fields_of
from resolvers.transactions import Checked, Checker
from runs.violations import Violation
from storage.column_posting import ColumnPosting
from storage.database import Database
from storage.settings import hold_ledger
from storage.short_transactions import short_transactions
from storage.transaction_columns import PostedColumns, TransactionColumns
from storage.transactions import NewTransaction

ROWS_PER_PIECE = 25_000
"""Rows that are posted at a time. On SQLite others wait while they are."""

Step = Callable[[], AbstractContextManager[tuple[Session, ColumnPosting]]]
"""A part of the work on a file: the database transaction for it, and the posting."""


def import_blocks(
    database: Database,
    blocks: Iterable[Block],
    reject: Reject,
    *,
    source: str,
    actor: str,
    settle: Settle = at_once,
) -> Imported:
    """Record every valid line of a file that comes in blocks, as `import_transactions` does.

    At most TRANSACTIONS_PER_BATCH lines are read singly before the invalid ones among them are rejected.
    """
    if database.is_sqlite:
        return _import_in_short_transactions(database, blocks, reject, source=source, actor=actor, settle=settle)

    def post_blocks(session: Session, checker: Checker, result: Imported, totals: Totals) -> None:
        posting = ColumnPosting(session, source, actor)
        importing = _Importing(lambda: nullcontext((session, posting)), checker, result, totals, reject)
        for block in blocks:
            importing.add(block)
        posting.close()

    return import_whole(database, post_blocks, source=source, actor=actor, settle=settle)


def _import_in_short_transactions(
    database: Database,
    blocks: Iterable[Block],
    reject: Reject,
    *,
    source: str,
    actor: str,
    settle: Settle,
) -> Imported:
    """Record the file on SQLite, where a transaction keeps all others from writing for as long as it takes."""
    result, totals = Imported(), Totals()
    with database.read() as reading:
        checker = QuickChecker(reading)
    with refused(source), short_transactions(database, source, actor) as transactions:

        @contextmanager
        def step() -> Iterator[tuple[Session, ColumnPosting]]:
            with transactions.step() as (session, posting):
                _check_settings(session, checker, source)
                yield session, posting

        importing = _Importing(step, checker, result, totals, reject)
        for block in blocks:
            importing.add(block)
        session, posting = transactions.last_step()
        _check_settings(session, checker, source)
        posting.close()
        conclude(session, checker, result, totals, source=source, actor=actor)
        settle()
    return result


def _check_settings(session: Session, checker: Checker, source: str) -> None:
    """Raise ImportRefused if the ledger keeps its books otherwise than when the import began."""
    if hold_ledger(session) != checker.ledger:
        raise ImportRefused(
            f"the ledger's settings were changed meanwhile; nothing of {source} was recorded, so run the import again"
        )


class _Importing:
    def __init__(
        self,
        step: Step,
        checker: Checker,
        result: Imported,
        totals: Totals,
        reject: Reject,
    ) -> None:
        self._step = step
        self._checker = checker
        self._screen = Screen(checker)
        self._result = result
        self._totals = totals
        self._reject = reject

    def add(self, block: Block) -> None:
        """Post the block's valid lines, and reject the others, in the order of the file."""
        sifted = self._screen.sift(block)
        for start, end, careful in _pieces(sifted.sure):
            self._add_piece(block, start, sifted.slice(start, end), careful)

    def _add_piece(self, block: Block, start: int, sifted: Sifted, careful: Sequence[int]) -> None:
        lines = _Lines(block, self._checker)
        lines.read(careful)
        places, transactions = self._together(start, sifted, lines.valid())
        with self._step() as (session, posting):
            self._post(session, posting, lines, places, transactions)

    def _post(
        self, session: Session, posting: ColumnPosting, lines: "_Lines", places: Any, transactions: TransactionColumns
    ) -> None:
        disputed, conflicts = set(lines.invalid()), []
        recorded_now: Callable[[Collection[str]], Mapping[str, int]] = _none_recorded
        if len(transactions) > 0:
            posted = posting.post(transactions)
            conflicts = places.take(pa.array(posted.conflicts, pa.int64())).to_pylist()
            disputed |= set(conflicts)
            self._count(transactions, posted)
            recorded_now = partial(_places_of, transactions.transaction_id, places, posted.fresh)
        for batch in _batches(sorted(disputed)):
            if conflicts:
                # Only a line of the latest batch that was read can be rejected.
                lines.read(batch)
            judged = Judged()
            judge(session, posting, self._checker, lines.checked(batch), recorded_now, judged)
            self._tell(lines, batch, judged)
            lines.forget(batch)

    def _together(
        self, start: int, sifted: Sifted, valid: Mapping[int, NewTransaction]
    ) -> tuple[Any, TransactionColumns]:
        """The transactions that are sure and those that turned out to be valid, in the order of the file.

        Also the place of each in its block.
        """
        transactions, sure = sifted.transactions, sifted.sure
        places = pa.arange(start, start + len(sure))
        columns = columns_of(transactions)
        if valid:
            chosen = pc.is_in(places, pa.array(valid, pa.int64()))
            for name, column in columns.items():
                columns[name] = pc.replace_with_mask(column, chosen, self._column(name, valid.values(), column.type))
            sure = pc.or_(sure, chosen)
        if not pc.all(sure).as_py():
            places = places.filter(sure)
            columns = {name: column.filter(sure) for name, column in columns.items()}
        return places, replace(transactions, **columns)

    def _column(self, name: str, transactions: Iterable[NewTransaction], kind: Any) -> Any:
        if name == "key":
            return pa.array([self._screen.place_of(one.key) for one in transactions], kind)
        return pa.array([getattr(one, name) for one in transactions], kind)

    def _count(self, transactions: TransactionColumns, posted: PostedColumns) -> None:
        self._result.duplicates += posted.duplicates
        fresh = transactions
        if not pc.all(posted.fresh).as_py():
            columns = {name: column.filter(posted.fresh) for name, column in columns_of(transactions).items()}
            fresh = replace(transactions, **columns)
        if len(fresh) > 0:
            self._result.recorded += len(fresh)
            for currency, day, count, total in sums_by_currency_and_day(fresh):
                self._totals.add(currency, day, count, total)

    def _tell(self, lines: "_Lines", batch: Sequence[int], judged: Judged) -> None:
        rejected = {**lines.malformed(batch), **judged.violations}
        for place in sorted(rejected):
            self._reject(lines.numbers[place], rejected[place])
        self._result.duplicates += judged.duplicates
        self._result.rates_added += judged.rates_added
        self._result.rejected += len(rejected)


class _Lines:
    """Lines of a block that are read singly, by their places: their numbers, and what they are."""

    def __init__(self, block: Block, checker: Checker) -> None:
        self.numbers: dict[int, int] = {}
        self._block = block
        self._checker = checker
        self._found: dict[int, Checked | list[Violation]] = {}

    def read(self, places: Sequence[int]) -> None:
        """Read and check the lines in these places, unless they were."""
        for place, line in zip(places, self._block.read(places), strict=True):
            if line is not None and place not in self._found:
                self.numbers[place], values = line
                if isinstance(values, str):
                    self._found[place] = [malformed(values)]
                else:
                    self._found[place] = self._checker.check(fields_of(values))

    def forget(self, places: Iterable[int]) -> None:
        """Forget the lines in these places."""
        for place in places:
            del self._found[place], self.numbers[place]

    def valid(self) -> dict[int, NewTransaction]:
        """The transactions of the lines that can be posted."""
        checked = self.checked(self._found)
        return {place: one.transaction for place, one in checked.items() if one.transaction is not None}

    def invalid(self) -> list[int]:
        """The lines that cannot be posted."""
        return [place for place, one in self._found.items() if isinstance(one, list) or one.violations]

    def checked(self, places: Iterable[int]) -> dict[int, Checked]:
        """Those of these lines that could be parsed."""
        return {place: one for place in places if isinstance(one := self._found[place], Checked)}

    def malformed(self, places: Iterable[int]) -> dict[int, list[Violation]]:
        """Why the others of these lines could not be parsed."""
        return {place: one for place in places if isinstance(one := self._found[place], list)}


def _pieces(sure: Any) -> Iterator[tuple[int, int, list[int]]]:
    """Where pieces of a block start and end, and the places in each that are not sure: a batch at most."""
    careful: list[int] = pc.indices_nonzero(pc.invert(sure)).to_pylist()
    start = 0
    while start < len(sure):
        end = min(start + ROWS_PER_PIECE, len(sure))
        if len(careful) > TRANSACTIONS_PER_BATCH:
            end = min(end, careful[TRANSACTIONS_PER_BATCH])
        of_piece = bisect_left(careful, end)
        yield start, end, careful[:of_piece]
        start, careful = end, careful[of_piece:]


def _batches(places: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(places), TRANSACTIONS_PER_BATCH):
        yield places[start : start + TRANSACTIONS_PER_BATCH]


def _none_recorded(_: Collection[str]) -> Mapping[str, int]:
    return {}


def _places_of(ids: Any, places: Any, fresh: Any, wanted: Collection[str]) -> Mapping[str, int]:
    """The places of the wanted transactions among those that were recorded now."""
    found = pc.and_(fresh, pc.is_in(ids, pa.array(list(wanted), pa.string())))
    return dict(zip(ids.filter(found).to_pylist(), places.filter(found).to_pylist(), strict=True))

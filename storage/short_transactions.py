"""The posting of a large file on SQLite in short database transactions, between which others write."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

from sqlmodel import Session

from storage.column_posting import ColumnPosting
from storage.database import Database
from storage.import_lock import import_lock
from storage.turns import Turns
from storage.unfinished_postings import take_back


class ShortTransactions:
    """A posting, and the database transactions that write it, one after the other."""

    def __init__(self, database: Database, opened: ExitStack, source: str, actor: str) -> None:
        self._database = database
        self._opened = opened
        self._source = source
        self._actor = actor
        self._session: Session | None = None
        self._posting: ColumnPosting | None = None
        self._turns = Turns()

    @contextmanager
    def step(self) -> Iterator[tuple[Session, ColumnPosting]]:
        """A transaction of its own for the block, unless the one before must be the last."""
        session, posting = self._present()
        yield session, posting
        if posting.may_pause:
            posting.pause()
            self._opened.close()
            self._session = None
            self._turns.end()

    def last_step(self) -> tuple[Session, ColumnPosting]:
        """The last transaction, which ends with `short_transactions`."""
        return self._present()

    def _present(self) -> tuple[Session, ColumnPosting]:
        if self._session is None:
            self._turns.wait()
            self._session = self._opened.enter_context(self._database.write())
            self._turns.begin()
            if self._posting is not None:
                self._posting.use(self._session)
        if self._posting is None:
            self._posting = ColumnPosting(self._session, self._source, self._actor)
        return self._session, self._posting


@contextmanager
def short_transactions(database: Database, source: str, actor: str) -> Iterator[ShortTransactions]:
    """A new posting on SQLite; if the block raises, all that it has written is taken back.

    Raises what `Database.write` raises, and DatabaseBusy if another import in short transactions does not end in time.
    """
    with import_lock(database):
        take_back(database)
        try:
            with ExitStack() as opened:
                yield ShortTransactions(database, opened, source, actor)
        except BaseException:
            take_back(database)
            raise

"""Taking back what a posting has written that will not be finished: its import was refused, or its process died."""

from contextlib import suppress

from storage.database import Database, DatabaseBusy
from storage.import_lock import import_lock
from storage.posting_parts import has_parts, take_back_part
from storage.turns import Turns


def take_back(database: Database) -> None:
    """Delete what unfinished postings have written, a part at a time; the caller holds the import lock.

    Nobody has seen any of it. Raises what `Database.write` raises; what is left then is taken back the next time.
    """
    turns, left = Turns(), True
    while left:
        turns.wait()
        with database.write() as session:
            turns.begin()
            left = take_back_part(session)
        turns.end()


def take_back_of_the_dead(database: Database) -> None:
    """Delete what imports have left that have died; an import that goes on is left alone."""
    if not database.is_sqlite:
        return
    with database.read() as session:
        if not has_parts(session):
            return
    with suppress(DatabaseBusy), import_lock(database, wait_seconds=0):
        take_back(database)

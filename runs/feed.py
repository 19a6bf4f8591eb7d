"""The feed: followers of runs read their rows; a wake-up only tells them when to read again."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress

from sqlmodel import Session

from runs.statements import Statements
from runs.transient import TRANSIENT
from storage.cancellations import Cancellation, EntryCancelOutcome, latest_cancellation, outcomes_after
from storage.database import Database
from storage.journal_run_changes import newest_event, runs_changed_after
from storage.journal_runs import JournalRun, runs_by_id
from storage.wakeups import wakeups

OUTCOMES_PER_READ = 500

LOOK_AGAIN_SECONDS = 5.0
"""How long a follower waits for a wake-up before it reads again anyway."""

OVERLAP_EVENTS = 1_000
"""Events of the audit trail that a follower of all runs reads again: on PostgreSQL, of two concurrent transactions the
one with the lower id may be committed later."""


class FeedClosed(Exception):
    """The server is stopping; clients reconnect and resume after the last cursor."""


class Feed:
    """Lets followers in this process wait for changes of runs."""

    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements
        self._followers: dict[int | None, set[asyncio.Event]] = {}
        """By the run that they follow; None is for all runs."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def listen(self) -> None:
        """Forward the wake-ups of all processes, until cancelled."""
        self._loop = asyncio.get_running_loop()
        async for run_id in wakeups(self._database):
            self._wake(run_id)

    def changed(self, run_id: int) -> None:
        """Wake the run's followers. Can be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake, run_id)

    def close(self) -> None:
        """End every follower; the server is stopping."""
        self._closed = True
        self._wake(None)

    async def outcomes(self, run_id: int, after: tuple[int, int] | None) -> AsyncIterator[EntryCancelOutcome]:
        """The outcomes of the run's latest cancellation, in order: first all so far, then each new one.

        Ends when that cancellation has finished, or the run has been deleted. Waits for the first cancellation if
        there is none. `after` is a cancellation's id and a sequence number in it: outcomes up to it are skipped; a
        position in an earlier cancellation is ignored. Raises FeedClosed if the server stops, DatabaseError if the
        database fails.
        """
        with self._following(run_id) as woken:
            while True:
                woken.clear()
                run, cancellation = await self._statements.read(_latest, run_id)
                if run is None:
                    return
                if cancellation is not None:
                    break
                await self._wait(woken)
            sequence = after[1] if after is not None and after[0] == cancellation.id else 0
            while True:
                woken.clear()
                finished, outcomes = await self._statements.read(_outcomes, cancellation.id, sequence)
                for outcome in outcomes:
                    sequence = outcome.sequence
                    yield outcome
                    # Let other tasks run between two outcomes, and notice a lost connection.
                    await asyncio.sleep(0)
                if len(outcomes) == OUTCOMES_PER_READ:
                    continue
                if finished:
                    return
                await self._wait(woken)

    async def updates(self, run_id: int) -> AsyncIterator[JournalRun]:
        """The run now, then again after every change, until it is deleted.

        Raises FeedClosed if the server stops, DatabaseError if the database fails.
        """
        seen = -1
        with self._following(run_id) as woken:
            while True:
                woken.clear()
                run = (await self._statements.read(runs_by_id, [run_id])).get(run_id)
                if run is None:
                    return
                if run.revision != seen:
                    seen = run.revision
                    yield run
                await self._wait(woken)

    async def updates_of_all(self) -> AsyncIterator[JournalRun]:
        """Each run after each change of it from now on, also of runs created later. It does not end by itself.

        As with a single run, changes in quick succession may be sent as one. Nothing is sent for a deleted run: the
        last that a follower gets of it is DeleteInprogress. The cost of a look is in recent changes and transient runs,
        not in the number of runs. Raises FeedClosed if the server stops, DatabaseError if the database fails.
        """
        with self._following(None) as woken:
            newest, runs = await self._statements.read(_changes, None)
            while True:
                # A run that is not among these is at rest, and is read again only after a new event: forget it.
                seen = {run.id: run.revision for run in runs}
                await self._wait(woken)
                woken.clear()
                newest, runs = await self._statements.read(_changes, newest)
                for run in runs:
                    if seen.get(run.id) != run.revision:
                        yield run
                        await asyncio.sleep(0)

    @contextmanager
    def _following(self, run_id: int | None) -> Iterator[asyncio.Event]:
        woken = asyncio.Event()
        followers = self._followers.setdefault(run_id, set())
        followers.add(woken)
        try:
            yield woken
        finally:
            followers.discard(woken)
            if not followers:
                self._followers.pop(run_id, None)

    def _wake(self, run_id: int | None) -> None:
        """Wake the followers of the run, and those of all runs; with None, every follower."""
        ids = list(self._followers) if run_id is None else [run_id, None]
        groups = [self._followers.get(followed, set()) for followed in ids]
        for woken in [event for group in groups for event in group]:
            woken.set()

    async def _wait(self, woken: asyncio.Event) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), LOOK_AGAIN_SECONDS)
        if self._closed:
            raise FeedClosed


def _latest(session: Session, run_id: int) -> tuple[JournalRun | None, Cancellation | None]:
    return runs_by_id(session, [run_id]).get(run_id), latest_cancellation(session, run_id)


def _outcomes(session: Session, cancellation_id: int, sequence: int) -> tuple[bool, list[EntryCancelOutcome]]:
    # Read the cancellation first: if it has finished, all its outcomes are visible.
    cancellation = session.get(Cancellation, cancellation_id)
    finished = cancellation is None or cancellation.finished_at is not None
    return finished, outcomes_after(session, cancellation_id, sequence, OUTCOMES_PER_READ)


def _changes(session: Session, after: int | None) -> tuple[int, list[JournalRun]]:
    # Read the newest event first: what is committed between the two statements is then read again, not lost.
    newest = newest_event(session)
    return newest, runs_changed_after(session, (newest if after is None else after) - OVERLAP_EVENTS, TRANSIENT)

"""The feed: followers of runs read their rows; a wake-up only tells them when to read again."""

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from runs.statements import Statements
from runs.transient import TRANSIENT
from storage.cancellations import Cancellation, EntryCancelOutcome, latest_cancellation, outcomes_after
from storage.database import Database, DatabaseError
from storage.journal_run_changes import newest_event, runs_changed_after
from storage.journal_runs import JournalRun, runs_by_id
from storage.wakeups import wakeups

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

OUTCOMES_PER_READ = 500

LOOK_AGAIN_SECONDS = 5.0
"""How long a follower waits for a wake-up before it reads again anyway."""

OVERLAP_EVENTS = 1_000
"""Events of the audit trail that a follower of all runs reads again: on PostgreSQL, of two concurrent transactions the
one with the lower id may be committed later."""

logger = logging.getLogger(__name__)


class FeedInterrupted(Exception):
    """The feed cannot continue. The text is one sentence that says why; following again resumes it."""


class Feed:
    """Lets followers in this process wait for changes of runs. Each follower raises FeedInterrupted.

    That is so if the server stops, or if the database fails while it is followed.
    """

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
        position in an earlier cancellation is ignored.
        """
        with self._following(run_id) as woken:
            while True:
                woken.clear()
                run, cancellation = await self._read(_latest, run_id)
                if run is None:
                    return
                if cancellation is not None:
                    break
                await self._wait(woken)
            sequence = after[1] if after is not None and after[0] == cancellation.id else 0
            while True:
                woken.clear()
                finished, outcomes = await self._read(_page, cancellation.id, sequence)
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
        """The run now, then again after every change, until it is deleted."""
        seen = -1
        with self._following(run_id) as woken:
            while True:
                woken.clear()
                run = await self._read(_run, run_id)
                if run is None:
                    return
                if run.revision != seen:
                    seen = run.revision
                    yield run
                await self._wait(woken)

    async def updates_of_all(self) -> AsyncIterator[JournalRun]:
        """Each run after each change of it from now on, also of runs created later. Never ends by itself.

        Changes in quick succession may be sent as one, as with a single run. Nothing is sent for a deleted run: the
        last that a follower sees of it is DeleteInprogress.
        """
        with self._following(None) as woken:
            newest, runs = await self._read(_changes, None)
            while True:
                # A run that is not among these is at rest, and is read again only after a new event: forget it.
                seen = {run.id: run.revision for run in runs}
                await self._wait(woken)
                woken.clear()
                newest, runs = await self._read(_changes, newest)
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
        """Wake the followers of the run and those of all runs; None wakes every follower."""
        groups = (
            list(self._followers.values())
            if run_id is None
            else [self._followers.get(run_id, set()), self._followers.get(None, set())]
        )
        for woken in [event for group in groups for event in group]:
            woken.set()

    async def _wait(self, woken: asyncio.Event) -> None:
        with suppress(TimeoutError):
            await asyncio.wait_for(woken.wait(), LOOK_AGAIN_SECONDS)
        if self._closed:
            raise FeedInterrupted("The server is stopping.")

    async def _read(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        try:
            return await self._statements.read(function, *args, **kwargs)
        except DatabaseError as error:
            logger.error("%s", error)
            raise FeedInterrupted("The ledger's database is unavailable.") from error


def _run(session: Session, run_id: int) -> JournalRun | None:
    return runs_by_id(session, [run_id]).get(run_id)


def _latest(session: Session, run_id: int) -> tuple[JournalRun | None, Cancellation | None]:
    return _run(session, run_id), latest_cancellation(session, run_id)


def _page(session: Session, cancellation_id: int, sequence: int) -> tuple[bool, list[EntryCancelOutcome]]:
    # Read the cancellation first: if it has finished, all its outcomes are visible.
    cancellation = session.get(Cancellation, cancellation_id)
    finished = cancellation is None or cancellation.finished_at is not None
    return finished, outcomes_after(session, cancellation_id, sequence, OUTCOMES_PER_READ)


def _changes(session: Session, after: int | None) -> tuple[int, list[JournalRun]]:
    # Read the newest event first: what is committed between the two statements is then read again, not lost.
    newest = newest_event(session)
    return newest, runs_changed_after(session, (newest if after is None else after) - OVERLAP_EVENTS, TRANSIENT)

"""The feed: followers of runs read their rows; a wake-up only tells them when to read again.

Followers of the same run at the same place share one read, and get the same batch. Each keeps its own place, so that a
slow one does not hold up the others: what is no longer kept for it, it reads again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import groupby

from sqlmodel import Session

from runs.shared import Batch, Shared, moment
from runs.statements import Statements
from runs.transient import TRANSIENT
from storage.cancellations import Cancellation, EntryCancelOutcome, latest_cancellation, outcomes_after
from storage.database import Database
from storage.journal_run_changes import newest_event, runs_changed_after
from storage.journal_runs import JournalRun, runs_by_id
from storage.wakeups import wakeups

OUTCOMES_PER_READ = 500

OUTCOMES_PER_BATCH = 100
"""As many as are cancelled in one transaction."""

BATCHES_KEPT_MAX = 10
"""Batches of outcomes that are kept for each run that is followed."""

LOOK_AGAIN_SECONDS = 5.0
"""How long a follower waits for a wake-up before it reads again anyway."""

OVERLAP_EVENTS = 1_000
"""Events of the audit trail that a follower of all runs reads again: on PostgreSQL, of two concurrent transactions the
one with the lower id may be committed later."""

_READS_KEPT_MAX = 4

Place = tuple[int, int]
"""A cancellation's id, and the sequence number of one of its outcomes, or 0."""


class FeedClosed(Exception):
    """The server is stopping; clients reconnect and resume after the last cursor."""


class _Follower:
    """One who waits for changes. What began before `since` may lack what there is to see."""

    def __init__(self) -> None:
        self.woken = asyncio.Event()
        self.since = moment()

    def wake(self) -> None:
        self.since = moment()
        self.woken.set()


class _Followed:
    """What the followers of one run have in common, or those of all runs."""

    def __init__(self) -> None:
        self.followers: set[_Follower] = set()
        self.reads = Shared(_READS_KEPT_MAX)
        self._batches: dict[Place, Batch[EntryCancelOutcome]] = {}
        """By the place that they come after."""

    def batch(self, place: Place) -> Batch[EntryCancelOutcome] | None:
        """The batch after this place, if it is kept. Recorded outcomes do not change."""
        return self._batches.get(place)

    def keep(self, place: Place, batches: list[Batch[EntryCancelOutcome]]) -> None:
        """Keep these batches, which follow each other from this place on."""
        for batch in batches:
            self._batches.setdefault(place, batch)
            place = (place[0], batch.rows[-1].sequence)
        while len(self._batches) > BATCHES_KEPT_MAX:
            del self._batches[next(iter(self._batches))]


class Feed:
    """Lets followers in this process wait for changes of runs."""

    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements
        self._followed: dict[int | None, _Followed] = {}
        """By the run that is followed; None is for all runs."""
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

    async def outcomes(self, run_id: int, after: Place | None) -> AsyncIterator[Batch[EntryCancelOutcome]]:
        """The outcomes of the run's latest cancellation, in order: first all so far, then the new ones.

        Ends when that cancellation has finished, or the run has been deleted. Waits for the first cancellation if
        there is none. `after` is a cancellation's id and a sequence number in it: outcomes up to it are skipped; a
        position in an earlier cancellation is ignored. Raises FeedClosed if the server stops, DatabaseError if the
        database fails.
        """
        with self._following(run_id) as (followed, follower):
            while True:
                follower.woken.clear()
                latest = partial(self._statements.read, _latest, run_id)
                run, cancellation = await followed.reads.once("latest", follower.since, latest)
                if run is None:
                    return
                if cancellation is not None:
                    break
                await self._wait(follower)
            place = after if after is not None and after[0] == cancellation.id else (cancellation.id, 0)
            while True:
                follower.woken.clear()
                batch = followed.batch(place)
                if batch is None:
                    read = partial(self._read_outcomes, followed, place)
                    finished, batch = await followed.reads.once(place, follower.since, read)
                    if batch is None and finished:
                        return
                if batch is None:
                    await self._wait(follower)
                else:
                    place = (cancellation.id, batch.rows[-1].sequence)
                    yield batch

    async def updates(self, run_id: int) -> AsyncIterator[Batch[JournalRun]]:
        """The run now, then again after every change, until it is deleted; each as a batch of one.

        Raises FeedClosed if the server stops, DatabaseError if the database fails.
        """
        seen = -1
        with self._following(run_id) as (followed, follower):
            while True:
                follower.woken.clear()
                batch = await followed.reads.once("run", follower.since, partial(self._read_run, run_id))
                if batch is None:
                    return
                if batch.rows[0].revision != seen:
                    seen = batch.rows[0].revision
                    yield batch
                await self._wait(follower)

    async def updates_of_all(self) -> AsyncIterator[Batch[JournalRun]]:
        """Each run after each change of it from now on, also of runs created later. It does not end by itself.

        As with a single run, changes in quick succession may be sent as one. Nothing is sent for a deleted run: the
        last that a follower gets of it is DeleteInprogress. The cost of a look is in recent changes and transient runs,
        not in the number of runs. Raises FeedClosed if the server stops, DatabaseError if the database fails.
        """
        with self._following(None) as (followed, follower):
            newest: int | None = None
            seen: dict[int, int] | None = None
            while True:
                follower.woken.clear()
                read = partial(self._read_changes, newest)
                # Followers that have read the same changes go on from the same event.
                newest, batches = await followed.reads.once(newest, follower.since, read)
                found = {batch.rows[0].id: batch.rows[0].revision for batch in batches}
                for batch in batches:
                    run = batch.rows[0]
                    if seen is not None and seen.get(run.id) != run.revision:
                        yield batch
                # A run that is not among these is at rest, and is read again only after a new event: forget it.
                seen = found
                await self._wait(follower)

    async def _read_outcomes(self, followed: _Followed, place: Place) -> tuple[bool, Batch[EntryCancelOutcome] | None]:
        """Whether the cancellation has finished, and the batch after this place; further ones are kept."""
        finished, outcomes = await self._statements.read(_outcomes, *place)
        # Cut at round numbers, so that followers that began at different places go on with the same batches.
        cut = groupby(outcomes, lambda outcome: (outcome.sequence - 1) // OUTCOMES_PER_BATCH)
        batches = [Batch(list(rows), Shared()) for _, rows in cut]
        followed.keep(place, batches)
        return finished, batches[0] if batches else None

    async def _read_run(self, run_id: int) -> Batch[JournalRun] | None:
        run = (await self._statements.read(runs_by_id, [run_id])).get(run_id)
        return None if run is None else Batch([run], Shared())

    async def _read_changes(self, after: int | None) -> tuple[int, list[Batch[JournalRun]]]:
        newest, runs = await self._statements.read(_changes, after)
        return newest, [Batch([run], Shared()) for run in runs]

    @contextmanager
    def _following(self, run_id: int | None) -> Iterator[tuple[_Followed, _Follower]]:
        follower = _Follower()
        followed = self._followed.setdefault(run_id, _Followed())
        followed.followers.add(follower)
        try:
            yield followed, follower
        finally:
            followed.followers.discard(follower)
            if not followed.followers and self._followed.get(run_id) is followed:
                del self._followed[run_id]

    def _wake(self, run_id: int | None) -> None:
        """Wake the followers of the run, and those of all runs; with None, every follower."""
        ids = list(self._followed) if run_id is None else [run_id, None]
        for followed in [self._followed[each] for each in ids if each in self._followed]:
            for follower in followed.followers:
                follower.wake()

    async def _wait(self, follower: _Follower) -> None:
        try:
            async with asyncio.timeout(LOOK_AGAIN_SECONDS):
                await follower.woken.wait()
        except TimeoutError:
            follower.since = moment()
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

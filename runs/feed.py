"""The feed: followers of runs read their rows; a wake-up only tells them when to read again.

Followers of the same run at the same place share one read, and get the same batch. Each keeps its own place, so that a
slow one does not hold up the others: what is no longer kept for it, it reads again.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from functools import partial

from sqlmodel import Session

from runs.shared import Batch, Shared, Span, moment
from runs.statements import Statements
from runs.transient import TRANSIENT
from storage.cancellations import Cancellation, EntryCancelOutcome, latest_cancellation, outcomes_after
from storage.database import Database
from storage.journal_run_changes import newest_event, runs_changed_after
from storage.journal_runs import JournalRun, runs_by_id
from storage.wakeups import wakeups

OUTCOMES_PER_BATCH = 100
"""Outcomes in one batch at most."""

BATCHES_KEPT_MAX = 100
"""Batches of outcomes that are kept for each run that is followed, for followers that lag."""

BYTES_KEPT_MAX = 32 << 20
"""Bytes of the work on these batches that are kept with them."""

LOOK_AGAIN_SECONDS = 5.0
"""How long a follower waits for a wake-up before it reads again anyway."""

OVERLAP_EVENTS = 1_000
"""Events of the audit trail that a follower of all runs reads again: on PostgreSQL, of two concurrent transactions the
one with the lower id may be committed later."""

_READS_KEPT_MAX = 4


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
        self._batches: dict[tuple[int, int], Batch[EntryCancelOutcome]] = {}
        """By the cancellation, and the sequence number that they come after."""
        self._sizes: dict[tuple[int, int], int] = {}

    def batch(self, cancellation_id: int, after: int) -> Batch[EntryCancelOutcome] | None:
        """The batch after this outcome, if it is kept. Recorded outcomes do not change."""
        return self._batches.get((cancellation_id, after))

    def keep(self, span: Span, batch: Batch[EntryCancelOutcome]) -> None:
        """Keep this batch, and no longer the oldest if there are too many."""
        self._batches[span.cancellation_id, span.after] = batch
        self._drop()

    def grown(self, span: Span, size: int) -> None:
        """Count bytes of the work on a batch, and keep no longer the oldest batches if there are too many."""
        place = (span.cancellation_id, span.after)
        if place in self._batches:
            self._sizes[place] = self._sizes.get(place, 0) + size
            self._drop()

    def _drop(self) -> None:
        while len(self._batches) > BATCHES_KEPT_MAX or sum(self._sizes.values()) > BYTES_KEPT_MAX:
            oldest = next(iter(self._batches))
            del self._batches[oldest]
            self._sizes.pop(oldest, None)


class Feed:
    """Lets followers in this process wait for changes of runs."""

    def __init__(self, database: Database, statements: Statements) -> None:
        self._database = database
        self._statements = statements
        self._followed: dict[int | None, _Followed] = {}
        """By the run that is followed; None is for all runs."""
        self._is_followed = asyncio.Event()
        """Set while there are followers: without any, nobody looks for changes."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closed = False

    async def listen(self) -> None:
        """Forward the wake-ups of all processes, until cancelled."""
        self._loop = asyncio.get_running_loop()
        async for run_id in wakeups(self._database, self._is_followed.wait):
            self._wake(run_id)

    def changed(self, run_id: int) -> None:
        """Wake the run's followers. Can be called from any thread."""
        if self._loop is not None:
            self._loop.call_soon_threadsafe(self._wake, run_id)

    def close(self) -> None:
        """End every follower; the server is stopping."""
        self._closed = True
        self._wake(None)

    async def outcomes(self, run_id: int, after: tuple[int, int] | None) -> AsyncIterator[Batch[EntryCancelOutcome]]:
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
            sequence = after[1] if after is not None and after[0] == cancellation.id else 0
            count = partial(self._statements.read, _count_outcomes, cancellation.id)
            recorded = 0
            while True:
                follower.woken.clear()
                # What others have been given is there, also if this follower has not seen yet that it is recorded.
                if followed.batch(cancellation.id, sequence) is None and sequence >= recorded:
                    finished, recorded = await followed.reads.once(cancellation.id, follower.since, count)
                    if sequence >= recorded:
                        if finished:
                            return
                        await self._wait(follower)
                        continue
                batch = followed.batch(cancellation.id, sequence)
                if batch is None:
                    batch = self._new_batch(followed, cancellation.id, sequence, recorded)
                assert batch.span is not None
                sequence = batch.span.last
                yield batch

    async def updates(self, run_id: int) -> AsyncIterator[Batch[JournalRun]]:
        """The run now, then again after every change, until it is deleted; each as a batch of one.

        Raises FeedClosed if the server stops, DatabaseError if the database fails.
        """
        seen = -1
        with self._following(run_id) as (followed, follower):
            while True:
                follower.woken.clear()
                found = await followed.reads.once("run", follower.since, partial(self._read_run, run_id))
                if found is None:
                    return
                run, batch = found
                if run.revision != seen:
                    seen = run.revision
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
                newest, changes = await followed.reads.once(newest, follower.since, read)
                found = {run.id: run.revision for run, _ in changes}
                for run, batch in changes:
                    if seen is not None and seen.get(run.id) != run.revision:
                        yield batch
                # A run that is not among these is at rest, and is read again only after a new event: forget it.
                seen = found
                await self._wait(follower)

    def _new_batch(
        self, followed: _Followed, cancellation_id: int, after: int, recorded: int
    ) -> Batch[EntryCancelOutcome]:
        """The recorded outcomes after this one, as a batch that is kept for others."""
        # Cut at round numbers, so that followers that began at different places go on with the same batches.
        last = min(recorded, after - after % OUTCOMES_PER_BATCH + OUTCOMES_PER_BATCH)
        span = Span(cancellation_id, after, last)
        read = partial(self._statements.read, _outcomes, span)
        batch = Batch(read, Shared(), span, partial(followed.grown, span))
        followed.keep(span, batch)
        return batch

    async def _read_run(self, run_id: int) -> tuple[JournalRun, Batch[JournalRun]] | None:
        run = (await self._statements.read(runs_by_id, [run_id])).get(run_id)
        return None if run is None else (run, Batch.of(run))

    async def _read_changes(self, after: int | None) -> tuple[int, list[tuple[JournalRun, Batch[JournalRun]]]]:
        newest, runs = await self._statements.read(_changes, after)
        return newest, [(run, Batch.of(run)) for run in runs]

    @contextmanager
    def _following(self, run_id: int | None) -> Iterator[tuple[_Followed, _Follower]]:
        follower = _Follower()
        followed = self._followed.setdefault(run_id, _Followed())
        followed.followers.add(follower)
        self._is_followed.set()
        try:
            yield followed, follower
        finally:
            followed.followers.discard(follower)
            if not followed.followers and self._followed.get(run_id) is followed:
                del self._followed[run_id]
            if not self._followed:
                self._is_followed.clear()

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


def _count_outcomes(session: Session, cancellation_id: int) -> tuple[bool, int]:
    """Whether the cancellation has finished, and its outcomes so far, which are numbered from 1 without gaps."""
    cancellation = session.get(Cancellation, cancellation_id)
    if cancellation is None:
        return True, 0
    return cancellation.finished_at is not None, cancellation.cancelled_count + cancellation.failed_count


def _outcomes(session: Session, span: Span) -> list[EntryCancelOutcome]:
    found = outcomes_after(session, span.cancellation_id, span.after, span.size)
    # Some may be deleted already, in whatever order.
    return found if found and len(found) == span.size and found[-1].sequence == span.last else []


def _changes(session: Session, after: int | None) -> tuple[int, list[JournalRun]]:
    # Read the newest event first: what is committed between the two statements is then read again, not lost.
    newest = newest_event(session)
    return newest, runs_changed_after(session, (newest if after is None else after) - OVERLAP_EVENTS, TRANSIENT)

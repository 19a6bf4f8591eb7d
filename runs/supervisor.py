"""The supervisor: every second it takes over the work of dead processes, and restarts stuck runs."""

import logging
import threading
import time
from collections.abc import Callable

import psycopg
from dbos import DBOS
from sqlalchemy.exc import DBAPIError
from sqlmodel import Session

from runs.create import give_up
from runs.dbos import ENDED
from runs.transient import TRANSIENT, workflow_id
from storage.database import Database
from storage.errors import OperatorError
from storage.journal_runs import JournalRun, lock_run, runs_in
from storage.liveness import Liveness
from storage.unfinished_postings import take_back_of_the_dead
from storage.words import JournalRunStatus

ATTEMPTS_MAX = 5
"""Workflows started for a run before it ends as Error. Cancellations and deletions are retried without limit."""

GAVE_UP = f"Processing failed {ATTEMPTS_MAX} times; see the server's log for the reason."
RETRY_SECONDS_MAX = 300

logger = logging.getLogger(__name__)


class Supervisor:
    """The supervisor of one process: a thread."""

    def __init__(
        self,
        database: Database,
        liveness: Liveness,
        executor: str,
        *,
        enqueue: Callable[[Session, JournalRun], None],
        announce: Callable[[Session, int], None],
    ) -> None:
        """`enqueue` starts a workflow for a run; `announce` wakes the followers of a run when the session commits."""
        self._database = database
        self._liveness = liveness
        self._executor = executor
        self._enqueue = enqueue
        self._announce = announce
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._supervise, name="run-supervisor", daemon=True)

    def start(self) -> None:
        """Start to supervise."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait until it has stopped."""
        self._stopping.set()
        self._thread.join()

    def _supervise(self) -> None:
        while not self._stopping.wait(1.0):
            try:
                self._liveness.hold()
                self._take_over_from_the_dead()
                self._restart_the_stuck()
                take_back_of_the_dead(self._database)
            except (OSError, DBAPIError, psycopg.OperationalError, OperatorError) as error:
                # What is wrong is outside of this process, and its traceback says nothing.
                reason = error.orig if isinstance(error, DBAPIError) else error
                logger.error("could not check for unfinished work, trying again: %s", " ".join(str(reason).split()))
            except Exception:
                logger.exception("could not check for unfinished work; trying again")

    def _take_over_from_the_dead(self) -> None:
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False, limit=1000)
        for executor in {workflow.executor_id for workflow in pending} - {self._executor, None}:
            with self._liveness.dead(str(executor)) as dead:
                if dead:
                    # DBOS has no public call for this: it expects its own service to name the dead processes. The
                    # public `resume_workflow` does not check that the dead one still has the workflow, and resets its
                    # attempts. `pyproject.toml` pins the release; tests that kill a process notice a change.
                    DBOS._recover_pending_workflows([str(executor)])

    def _restart_the_stuck(self) -> None:
        """Start a new workflow, with increasing delay, for a transient run whose workflow has ended or is missing."""
        with self._database.read() as session:
            transient = runs_in(session, TRANSIENT)
        for seen in transient:
            found = DBOS.list_workflows(workflow_ids=[workflow_id(seen)], load_input=False, load_output=False)
            if found and (found[0].status not in ENDED or not _is_due(seen, found[0].updated_at)):
                continue
            with self._database.write() as session:
                run = lock_run(session, seen.id)
                if run is None or (run.status, run.attempt) != (seen.status, seen.attempt):
                    continue
                if run.status is JournalRunStatus.PROCESSING and run.attempt >= ATTEMPTS_MAX:
                    give_up(session, seen.id, GAVE_UP)
                    self._announce(session, seen.id)
                    continue
                logger.warning("run %s is still %s; starting a new workflow for it", run.number, run.status.value)
                self._enqueue(session, run)


def _is_due(run: JournalRun, updated_at: int | None) -> bool:
    waited = time.time() - (updated_at or 0) / 1000
    return waited >= min(float(2**run.attempt), RETRY_SECONDS_MAX)

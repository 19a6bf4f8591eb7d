"""Durable workflows: DBOS completes each one, even if the process that executes it dies."""

import json
import logging
import os
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from dbos import DBOS, DBOSClient, DBOSConfig, Serializer, SQLAlchemyDatasource
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from runs.cancel import cancel_batch
from runs.create import begin, give_up, make_entries
from runs.delete import delete_batch
from runs.states import PASSING
from storage.database import Database
from storage.journal_runs import JournalRun, lock_run, runs_in
from storage.liveness import liveness
from storage.wakeups import announce
from storage.words import JournalRunStatus

APPLICATION = "journal-gateway"
QUEUE = "journal_runs"
VERSION = "1"
"""Fixed, because a version computed from the code would orphan unfinished workflows at the next release."""

WORKFLOWS = {
    JournalRunStatus.PENDING: "create_journal_run",
    JournalRunStatus.PROCESSING: "create_journal_run",
    JournalRunStatus.CANCEL_IN_PROGRESS: "cancel_journal_run",
    JournalRunStatus.DELETE_IN_PROGRESS: "delete_journal_run",
}
"""The workflow for a run in a transient status."""

ENDED = {"SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED"}

MOST_ATTEMPTS = 5
"""Workflows started for a run before it ends as Error. Cancellations and deletions are retried without limit."""

GAVE_UP = f"Processing failed {MOST_ATTEMPTS} times; see the server's log for the reason."
LONGEST_WAIT_SECONDS = 300

logger = logging.getLogger(__name__)


class Process:
    """The workflows of one operating-system process on one database. DBOS allows one at a time."""

    def __init__(self, database: Database, on_change: Callable[[int], None], *, poll_seconds: float = 0.2) -> None:
        """`on_change` is called with a run's id, from any thread, after each step of its workflow is committed."""
        self.database = database
        self.on_change = on_change
        self._poll_seconds = poll_seconds
        self._executor = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._liveness = liveness(database, self._executor)
        self._stopping = threading.Event()
        self._working: set[object] = set()
        self._keeper = threading.Thread(target=self._keep, name="run-keeper", daemon=True)
        self._client: DBOSClient | None = None
        self._datasource: SQLAlchemyDatasource | None = None

    def start(self) -> None:
        """Start executing workflows, including those of dead processes."""
        global _current
        url = self.database.url.render_as_string(hide_password=False)
        serializer = JsonSerializer()
        # Before launch: other processes would treat one that executes workflows without a sign of life as dead.
        self._liveness.hold()
        config: DBOSConfig = {
            "name": APPLICATION,
            "system_database_url": url,
            "application_version": VERSION,
            "executor_id": self._executor,
            "log_level": "WARNING",
            "serializer": serializer,
        }
        # Also before launch: DBOS polls a queue that is registered later only after a second.
        DBOS.migrate(url)
        self._client = DBOSClient(system_database_url=url, serializer=serializer, application_name=APPLICATION)
        self._client.register_queue(QUEUE, polling_interval_sec=self._poll_seconds)
        DBOS(config=config)
        self._datasource = SQLAlchemyDatasource.create(
            url,
            engine=self.database.writer,
            serializer=serializer,
            sessionmaker=sessionmaker(class_=Session, expire_on_commit=False),
        )
        _current = self
        DBOS.launch()
        self._keeper.start()

    def stop(self, timeout_seconds: int = 5) -> None:
        """Wait for running workflows, up to the timeout, then stop; a later process resumes unfinished ones."""
        global _current
        self._stopping.set()
        self._keeper.join()
        deadline = time.monotonic() + timeout_seconds
        while self._working and time.monotonic() < deadline:
            time.sleep(0.02)
        # DBOS would wait at least a second, even without running workflows.
        DBOS.destroy(workflow_completion_timeout_sec=0)
        if self._client is not None:
            self._client.destroy()
        self._liveness.release()
        _current = None

    def enqueue(self, session: Session, run: JournalRun) -> None:
        """Enqueue the workflow for the run's status, in the same transaction that set the status."""
        assert self._client is not None
        run.attempt += 1
        session.add(run)
        session.flush()
        self._client.enqueue_in_transaction(
            session,
            {
                "workflow_name": WORKFLOWS[run.status],
                "queue_name": QUEUE,
                "workflow_id": workflow_id(run),
                "app_version": VERSION,
            },
            run.id,
        )
        announce(session, run.id)

    @contextmanager
    def working(self) -> Iterator[None]:
        """Mark a workflow as running, so that `stop` can wait for it."""
        token = object()
        self._working.add(token)
        try:
            yield
        finally:
            self._working.discard(token)

    def step(self, name: str, function: Callable[..., Any], run_id: int, *args: Any) -> Any:
        """Execute one step of a workflow exactly once: one transaction, committed together with its result."""
        datasource = self._datasource
        assert datasource is not None

        def body() -> Any:
            session = datasource.sql_session()
            assert isinstance(session, Session)
            result = function(session, run_id, *args)
            announce(session, run_id)
            return result

        # On SQLite the write lock orders writers, on PostgreSQL the run's row lock does.
        isolation: Literal["SERIALIZABLE", "READ COMMITTED"] = (
            "SERIALIZABLE" if self.database.is_sqlite else "READ COMMITTED"
        )
        result = datasource.run_tx_step({"name": name, "isolation_level": isolation}, body)
        self.on_change(run_id)
        return result

    def _keep(self) -> None:
        while not self._stopping.wait(1.0):
            try:
                self._liveness.hold()
                self._take_over_from_the_dead()
                self._restart_the_stuck()
            except Exception:
                logger.exception("could not check for unfinished runs; trying again")

    def _take_over_from_the_dead(self) -> None:
        pending = DBOS.list_workflows(status="PENDING", load_input=False, load_output=False, limit=1000)
        for executor in {workflow.executor_id for workflow in pending} - {self._executor, None}:
            with self._liveness.dead(str(executor)) as dead:
                if dead:
                    DBOS._recover_pending_workflows([str(executor)])

    def _restart_the_stuck(self) -> None:
        """Start a new workflow, with increasing delay, for a transient run whose workflow has ended or is missing."""
        with self.database.read() as session:
            passing = runs_in(session, PASSING)
        for seen in passing:
            found = DBOS.list_workflows(workflow_ids=[workflow_id(seen)], load_input=False, load_output=False)
            if found and (found[0].status not in ENDED or not _is_due(seen, found[0].updated_at)):
                continue
            with self.database.write() as session:
                run = lock_run(session, seen.id)
                if run is None or (run.status, run.attempt) != (seen.status, seen.attempt):
                    continue
                if run.status is JournalRunStatus.PROCESSING and run.attempt >= MOST_ATTEMPTS:
                    give_up(session, seen.id, GAVE_UP)
                    continue
                logger.warning("run %s is still %s; starting a new workflow for it", run.number, run.status.value)
                self.enqueue(session, run)


def _is_due(run: JournalRun, updated_at: int | None) -> bool:
    waited = time.time() - (updated_at or 0) / 1000
    return waited >= min(float(2**run.attempt), LONGEST_WAIT_SECONDS)


class JsonSerializer(Serializer):
    """Stores DBOS data as readable JSON, without executable code."""

    def serialize(self, data: Any) -> str:
        return json.dumps(data, default=repr)

    def deserialize(self, serialized_data: str) -> Any:
        return json.loads(serialized_data)

    def name(self) -> str:
        return "json"


_current: Process | None = None


def workflow_id(run: JournalRun) -> str:
    """The id of the run's current workflow; every attempt has its own."""
    return f"{WORKFLOWS[run.status]}:{run.number}:{run.attempt}"


def _process() -> Process:
    assert _current is not None, "workflows have not been started"
    return _current


@DBOS.workflow(name="create_journal_run", max_recovery_attempts=50)
def create_journal_run(run_id: int) -> None:
    with (process := _process()).working():
        if process.step("begin", begin, run_id):
            process.step("make_entries", make_entries, run_id)


@DBOS.workflow(name="cancel_journal_run", max_recovery_attempts=50)
def cancel_journal_run(run_id: int) -> None:
    with (process := _process()).working():
        while process.step("cancel_batch", cancel_batch, run_id):
            pass


@DBOS.workflow(name="delete_journal_run", max_recovery_attempts=50)
def delete_journal_run(run_id: int) -> None:
    with (process := _process()).working():
        while process.step("delete_batch", delete_batch, run_id):
            pass

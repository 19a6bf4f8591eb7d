"""Durable workflows: DBOS completes each one, even if the process that executes it dies."""

import os
import socket
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

from dbos import DBOS, DBOSClient, SQLAlchemyDatasource
from sqlalchemy.orm import sessionmaker
from sqlmodel import Session

from runs.cancel import cancel_batch
from runs.create import begin, make_entries
from runs.dbos import APPLICATION, QUEUE, VERSION, JsonSerializer, configuration
from runs.delete import delete_batch
from runs.supervisor import Supervisor
from runs.transient import WORKFLOWS, workflow_id
from storage.database import Database
from storage.journal_runs import JournalRun
from storage.liveness import liveness
from storage.wakeups import after_commit, announce


class Interrupted(BaseException):
    """The process is stopping; another goes on with the workflow.

    It is no Exception, so that DBOS records no outcome: to other processes, the workflow is unfinished.
    """


class Workflows:
    """The workflows of one operating-system process on one database. DBOS allows one at a time."""

    def __init__(self, database: Database, on_change: Callable[[int], None], *, poll_seconds: float = 0.2) -> None:
        """`on_change` is called with a run's id, from any thread, after each commit that changed it here."""
        self.database = database
        self.on_change = on_change
        self._poll_seconds = poll_seconds
        self._executor = f"{socket.gethostname()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"
        self._liveness = liveness(database, self._executor)
        self._running: set[object] = set()
        self._stopping = False
        self._supervisor = Supervisor(
            database, self._liveness, self._executor, enqueue=self.enqueue, announce=self.announce
        )
        self._client: DBOSClient | None = None
        self._datasource: SQLAlchemyDatasource | None = None

    def start(self) -> None:
        """Start executing workflows, including those of dead processes."""
        global _current
        url = self.database.url.render_as_string(hide_password=False)
        serializer = JsonSerializer()
        # Before launch: other processes would treat one that executes workflows without a sign of life as dead.
        self._liveness.hold()
        # Also before launch: DBOS polls a queue that is registered later only after a second.
        DBOS.migrate(url)
        self._client = DBOSClient(system_database_url=url, serializer=serializer, application_name=APPLICATION)
        self._client.register_queue(QUEUE, polling_interval_sec=self._poll_seconds)
        DBOS(config=configuration(url, self._executor))
        self._datasource = SQLAlchemyDatasource.create(
            url,
            engine=self.database.writer,
            serializer=serializer,
            sessionmaker=sessionmaker(class_=Session, expire_on_commit=False),
        )
        _current = self
        DBOS.launch()
        self._supervisor.start()

    def stop(self, timeout_seconds: int = 10) -> None:
        """Wait for the present steps of workflows, up to the timeout, then stop; a later process does the next ones."""
        global _current
        self._stopping = True
        self._supervisor.stop()
        deadline = time.monotonic() + timeout_seconds
        while self._running and time.monotonic() < deadline:
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
        self.announce(session, run.id)

    def announce(self, session: Session, run_id: int) -> None:
        """Wake the followers of the run in every process when the session commits."""
        announce(session, run_id)
        # Those in this process need not wait for the database's notification.
        after_commit(session, lambda: self.on_change(run_id))

    @contextmanager
    def running(self) -> Iterator[None]:
        """Mark a workflow as running, so that `stop` can wait for it."""
        token = object()
        self._running.add(token)
        try:
            yield
        finally:
            self._running.discard(token)

    def step(self, name: str, function: Callable[..., Any], run_id: int, *args: Any) -> Any:
        """Execute one step of a workflow exactly once: one transaction, committed together with its result.

        Raises Interrupted, with nothing executed, if the process is stopping.
        """
        if self._stopping:
            raise Interrupted
        datasource = self._datasource
        assert datasource is not None

        def body() -> Any:
            session = datasource.sql_session()
            assert isinstance(session, Session)
            result = function(session, run_id, *args)
            self.announce(session, run_id)
            return result

        # On SQLite the write lock orders writers, on PostgreSQL the run's row lock does.
        isolation: Literal["SERIALIZABLE", "READ COMMITTED"] = (
            "SERIALIZABLE" if self.database.is_sqlite else "READ COMMITTED"
        )
        return datasource.run_tx_step({"name": name, "isolation_level": isolation}, body)


_current: Workflows | None = None


def _workflows() -> Workflows:
    assert _current is not None, "workflows have not been started"
    return _current


@DBOS.workflow(name="create_journal_run", max_recovery_attempts=50)
def create_journal_run(run_id: int) -> None:
    with (workflows := _workflows()).running():
        if workflows.step("begin", begin, run_id):
            workflows.step("make_entries", make_entries, run_id)


@DBOS.workflow(name="cancel_journal_run", max_recovery_attempts=50)
def cancel_journal_run(run_id: int) -> None:
    with (workflows := _workflows()).running():
        while workflows.step("cancel_batch", cancel_batch, run_id):
            pass


@DBOS.workflow(name="delete_journal_run", max_recovery_attempts=50)
def delete_journal_run(run_id: int) -> None:
    with (workflows := _workflows()).running():
        while workflows.step("delete_batch", delete_batch, run_id):
            pass

"""The organisations that a session is limited to: in it, what belongs to others does not exist.

An entry, a posting key and its buckets belong to their organisation, or to none. A run belongs to the organisations
that it collects; one that collects all of them, or some that are not among these, is not there. What hangs on a run is
there with it. `storage.documents.limits` says the same for the statements that answer queries.
"""

from collections.abc import Collection

from sqlalchemy import ColumnElement, Select, event, func, select
from sqlalchemy.orm import ORMExecuteState, with_loader_criteria
from sqlmodel import Session, SQLModel, col

from storage.cancellations import Cancellation, EntryCancelOutcome
from storage.database import is_sqlite
from storage.journal_entries import JournalEntry
from storage.journal_runs import JournalRun
from storage.posting_buckets import PostingBucket
from storage.posting_keys import PostingKey
from storage.whole_ledger import OPTION

Organizations = frozenset[str] | None
"""The names of organisations; None means all, and whatever belongs to none."""

_LIMIT = "organizations"


def limit(session: Session, organizations: frozenset[str]) -> None:
    """Limit what the session selects from now on to these organisations."""
    session.info[_LIMIT] = organizations
    criteria = [
        with_loader_criteria(model, condition, include_aliases=True, propagate_to_loaders=False)
        for model, condition in _conditions(session, organizations)
    ]

    @event.listens_for(session, "do_orm_execute")
    def _limited(state: ORMExecuteState) -> None:
        if state.is_select and OPTION not in state.execution_options:
            state.statement = state.statement.options(*criteria)


def limit_of(session: Session) -> Organizations:
    """The organisations that the session is limited to."""
    return session.info.get(_LIMIT)


def is_within(labels: Collection[str], organizations: Organizations) -> bool:
    """Whether a run that collects the organisations with these labels is there for such a session."""
    return organizations is None or (bool(labels) and organizations.issuperset(labels))


def _conditions(session: Session, organizations: frozenset[str]) -> list[tuple[type[SQLModel], ColumnElement[bool]]]:
    # Tables, not models, in the conditions themselves: these must not be limited in turn.
    key = PostingKey.__table__.alias("key_within")  # type: ignore[attr-defined]
    cancellation = Cancellation.__table__.alias("cancellation_within")  # type: ignore[attr-defined]
    keys = select(key.c.id).where(key.c.organization.in_(organizations))
    runs = _runs(session, organizations)
    cancellations = select(cancellation.c.id).where(cancellation.c.journal_run_id.in_(runs))
    return [
        (JournalEntry, col(JournalEntry.organization_label).in_(organizations)),
        (PostingKey, col(PostingKey.organization).in_(organizations)),
        (PostingBucket, col(PostingBucket.posting_key_id).in_(keys)),
        (JournalRun, col(JournalRun.id).in_(runs)),
        (Cancellation, col(Cancellation.journal_run_id).in_(runs)),
        (EntryCancelOutcome, col(EntryCancelOutcome.cancellation_id).in_(cancellations)),
    ]


def _runs(session: Session, organizations: frozenset[str]) -> Select[tuple[int]]:
    """The ids of the runs that collect some of these organisations, and no other."""
    run = JournalRun.__table__.alias("run_within")  # type: ignore[attr-defined]
    labels = run.c.organization_labels
    if is_sqlite(session):
        label = func.json_each(labels).table_valued("value", name="label").c.value
    else:
        label = func.json_array_elements_text(labels).column_valued("label")
    others = select(1).where(label.not_in(organizations)).exists()
    return select(run.c.id).where(func.json_array_length(labels) > 0, ~others)

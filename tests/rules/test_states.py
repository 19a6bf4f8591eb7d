"""The run's state machine is exactly the domain's."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from runs.states import TRANSITIONS, Event, NotAllowed, move
from runs.transient import TRANSIENT
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus as Status

DOMAIN = {
    ("Pending", "start"): "Processing",
    ("Processing", "finish"): "Completed",
    ("Processing", "fail"): "Error",
    ("Pending", "cancel"): "CancelInprogress",
    ("Error", "cancel"): "CancelInprogress",
    ("Completed", "cancel"): "CancelInprogress",
    ("CancelInprogress", "all entries cancelled"): "Cancelled",
    ("CancelInprogress", "some entries left"): "Completed",
    ("Cancelled", "delete"): "DeleteInprogress",
}
"""The domain's text as a table: from which status what leads where."""


def run_in(status: Status) -> JournalRun:
    """A run with that status."""
    day = date(2024, 12, 1)
    return JournalRun(
        number="JR-00000075",
        status=status,
        transaction_types=[],
        accounting_period_id=1,
        target_start_date=day,
        target_end_date=day,
        journal_entry_date=day,
        organization_labels=[],
        created_at=datetime.now(UTC),
        created_by="test",
    )


def test_the_transitions_are_those_of_the_domain_text() -> None:
    table = {(before.value, event.value): after.value for (before, event), after in TRANSITIONS.items()}
    assert table == DOMAIN
    assert {word for before, _ in DOMAIN for word in (before, *DOMAIN.values())} == {status.value for status in Status}


def test_a_run_rests_only_as_completed_error_or_cancelled() -> None:
    assert set(Status) - set(TRANSIENT) == {Status.COMPLETED, Status.ERROR, Status.CANCELLED}


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_a_transition_happens_or_is_refused_naming_status_and_event(status: Status, event: Event) -> None:
    run = run_in(status)
    following = DOMAIN.get((status.value, event.value))
    if following is not None:
        move(run, event)
        assert (run.status.value, run.revision) == (following, 1)
        return
    with pytest.raises(NotAllowed, match=rf"^journal run JR-00000075 is {status.value}; {event.value} is possible"):
        move(run, event)
    assert (run.status, run.revision) == (status, 0)

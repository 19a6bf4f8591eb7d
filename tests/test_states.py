"""The run's state machine is the domain's, whole."""

from datetime import UTC, date, datetime
from itertools import product

import pytest

from runs.states import PASSING, TRANSITIONS, Event, NotAllowed, move, statuses_allowing
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus as Status


def run_in(status: Status) -> JournalRun:
    """A run in that status."""
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


def test_cancelling_is_allowed_from_pending_error_and_completed_and_deleting_from_cancelled() -> None:
    assert set(statuses_allowing(Event.CANCEL)) == {Status.PENDING, Status.ERROR, Status.COMPLETED}
    assert statuses_allowing(Event.DELETE) == [Status.CANCELLED]


def test_every_run_can_end_and_nothing_leads_out_of_a_deletion() -> None:
    ends = {status for status in Status if status not in PASSING}
    assert ends == {Status.COMPLETED, Status.ERROR, Status.CANCELLED}
    for status in (Status.PENDING, Status.PROCESSING, Status.CANCEL_IN_PROGRESS):
        assert any(before is status for before, _ in TRANSITIONS)
    assert not any(before is Status.DELETE_IN_PROGRESS for before, _ in TRANSITIONS)


@pytest.mark.parametrize(("status", "event"), list(product(Status, Event)))
def test_a_transition_happens_or_is_refused_naming_the_current_status(status: Status, event: Event) -> None:
    run = run_in(status)
    following = TRANSITIONS.get((status, event))
    if following is not None:
        move(run, event)
        assert (run.status, run.revision) == (following, 1)
        return
    with pytest.raises(NotAllowed, match=f"JR-00000075 is {status.value}; {event.value} is possible only from"):
        move(run, event)
    assert (run.status, run.revision) == (status, 0)

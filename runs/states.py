"""The state machine of a run."""

from enum import StrEnum

from runs.violations import Invalid, Rule, Violation
from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus as Status
from storage.words import Permission


class Event(StrEnum):
    """An event that changes the status of a run."""

    START = "start"
    FINISH = "finish"
    FAIL = "fail"
    CANCEL = "cancel"
    ALL_CANCELLED = "all entries cancelled"
    SOME_LEFT = "some entries left"
    DELETE = "delete"


TRANSITIONS: dict[tuple[Status, Event], Status] = {
    (Status.PENDING, Event.START): Status.PROCESSING,
    (Status.PENDING, Event.CANCEL): Status.CANCEL_IN_PROGRESS,
    (Status.PROCESSING, Event.FINISH): Status.COMPLETED,
    (Status.PROCESSING, Event.FAIL): Status.ERROR,
    (Status.COMPLETED, Event.CANCEL): Status.CANCEL_IN_PROGRESS,
    (Status.ERROR, Event.CANCEL): Status.CANCEL_IN_PROGRESS,
    (Status.CANCEL_IN_PROGRESS, Event.ALL_CANCELLED): Status.CANCELLED,
    (Status.CANCEL_IN_PROGRESS, Event.SOME_LEFT): Status.COMPLETED,
    (Status.CANCELLED, Event.DELETE): Status.DELETE_IN_PROGRESS,
}
"""The status that follows each status and event; every other combination is refused. Deletion ends in no status."""


class NotAllowed(Invalid):
    """The status of the run does not allow the event. The violation names both."""

    def __init__(self, run: JournalRun, event: Event) -> None:
        allowed = " or ".join(status.value for status in statuses_allowing(event))
        rest = f"{event.value} is possible only from {allowed}"
        message = f"journal run {run.number} is {run.status.value}; {rest}"
        otherwise = f"journal run {run.number} is in another status; {rest}"
        super().__init__(
            [Violation(Rule.STATUS_NOT_ALLOWED, message, ("number",), Permission.VIEW_JOURNAL_RUNS, otherwise)]
        )


def statuses_allowing(event: Event) -> list[Status]:
    """The statuses that allow the event."""
    return [status for status, possible in TRANSITIONS if possible is event]


def move(run: JournalRun, event: Event) -> None:
    """Change the run to the status that follows. Raises NotAllowed. The caller must hold the run's lock."""
    following = TRANSITIONS.get((run.status, event))
    if following is None:
        raise NotAllowed(run, event)
    run.status = following
    run.revision += 1

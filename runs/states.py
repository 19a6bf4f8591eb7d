"""The run's state machine, whole."""

from enum import StrEnum

from storage.journal_runs import JournalRun
from storage.words import JournalRunStatus as Status


class Event(StrEnum):
    """What can happen to a run."""

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
"""Which status follows which, and why. Whatever is not here is refused. After DELETE_IN_PROGRESS the run is gone."""

PASSING = (Status.PENDING, Status.PROCESSING, Status.CANCEL_IN_PROGRESS, Status.DELETE_IN_PROGRESS)
"""The statuses that a run never stays in: some workflow is at work on it, or has to be."""


class NotAllowed(Exception):
    """The event cannot happen to a run in its present status. Names both."""

    def __init__(self, run: JournalRun, event: Event) -> None:
        allowed = " or ".join(status.value for status in statuses_allowing(event))
        super().__init__(
            f"Journal run {run.number} is {run.status.value}; {event.value} is possible only from {allowed}."
        )


def statuses_allowing(event: Event) -> list[Status]:
    """The statuses from which the event can happen."""
    return [status for status, possible in TRANSITIONS if possible is event]


def move(run: JournalRun, event: Event) -> None:
    """Bring the run into the status that follows. Raises NotAllowed. The caller holds the run's lock."""
    following = TRANSITIONS.get((run.status, event))
    if following is None:
        raise NotAllowed(run, event)
    run.status = following
    run.revision += 1

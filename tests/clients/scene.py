"""The scene for every client: a query, a refused mutation, and a cancellation with lost connections."""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from tests.clients.conftest import Guarded
from tests.clients.network import Network
from tests.clients.programs import Line, started
from tests.support.client import Client
from tests.support.halfway import stopping_after
from tests.support.ledger import line, post

ENTRIES = 10
TRANSFERRED = 2
"""The place of the one entry that is transferred to accounting."""
SEEN = 4
"""Outcomes that a client has seen when its connection is lost."""


class Run(NamedTuple):
    """The number of a run, and those of its entries, in order."""

    number: str
    entries: tuple[str, ...]


def new_run(client: Client, name: str) -> Run:
    """A completed run of ten entries, one of them transferred to accounting; the name is unique."""
    # A separate organisation: no other run collects what a cancellation frees.
    post(
        client.database,
        [line(f"{name} {n}", segment_country=f"{n:02}", organization=name) for n in range(ENTRIES)],
    )
    number = client.completed(organizationLabels=[name])["number"]
    entries = tuple(entry["number"] for entry in client.entries(number))
    assert client.transfer([entries[TRANSFERRED]])["errors"] == []
    return Run(number, entries)


def play(program: Path, guarded: Guarded, run: Run, **more: str) -> list[Line]:
    """The lines of the program, whose connections are lost after some of the outcomes."""
    with Network(guarded.client.url) as network:
        taken = 0

        def lose() -> None:
            nonlocal taken
            assert network.cut(further=1) > 0  # as when a gateway is not back yet
            taken = network.taken

        told = play_until(lose, program, url=network.url, token=guarded.token, run=run.number, **more)
        assert network.taken > taken, "no connection was made again"
    return told


def play_until(interrupt: Callable[[], None], program: Path, **given: str) -> list[Line]:
    """The lines of the program, which is interrupted this way after some of the outcomes."""
    told: list[Line] = []
    with stopping_after(SEEN) as go_on, started(program, **given) as lines:
        for one in lines:
            told.append(one)
            kinds = [kind for kind, _ in told]
            if kinds.count("outcome") == SEEN and "cancelling" in kinds and not go_on.is_set():
                interrupt()
                go_on.set()
        assert go_on.is_set(), f"it was never interrupted: {told}"
    return told


def values(told: list[Line], kind: str) -> list[object]:
    """The values of the lines of this kind."""
    return [line.value for line in told if line.kind == kind]


def assert_went_through(told: list[Line], run: Run) -> None:
    """Every response is right, and every outcome arrived once and in order."""
    assert values(told, "run") == [
        {"journalRun": {"number": run.number, "status": "COMPLETED", "journalEntries": {"totalCount": ENTRIES}}}
    ]
    assert values(told, "refused") == [
        {
            "cancelJournalRun": {
                "journalRun": None,
                "errors": [
                    {
                        "code": "UNKNOWN",
                        "message": "There is no journal run 'JR-99999999'.",
                        "field": ["input", "number"],
                    }
                ],
            }
        }
    ]
    assert values(told, "cancelling") == [
        {"cancelJournalRun": {"journalRun": {"number": run.number, "status": "CANCEL_IN_PROGRESS"}, "errors": []}}
    ]
    outcomes = [value for kind, value in told if kind == "outcome"]
    assert [outcome["sequence"] for outcome in outcomes] == list(range(1, ENTRIES + 1))
    assert [outcome["remainingCount"] for outcome in outcomes] == list(reversed(range(ENTRIES)))
    assert [outcome["journalEntry"]["number"] for outcome in outcomes] == list(run.entries)
    assert [outcome["outcome"] for outcome in outcomes] == [
        "FAILED" if place == TRANSFERRED else "CANCELLED" for place in range(ENTRIES)
    ]
    assert outcomes[TRANSFERRED]["code"] == "TRANSFERRED_TO_ACCOUNTING"
    assert run.entries[TRANSFERRED] in outcomes[TRANSFERRED]["message"]
    assert [kind for kind, _ in told if kind.startswith("completed")] == ["completed", "completed again"]

"""Published GraphQL clients, as they are installed, at a running gateway whose connections get lost."""

from pathlib import Path

import pytest

from tests.clients.conftest import Guarded
from tests.clients.halfway import stopping_after
from tests.clients.network import Network
from tests.clients.programs import NPM, Line, started
from tests.ledger import line, post

ENTRIES = 10
TRANSFERRED = 2
"""The place of the one entry that is transferred to accounting."""
SEEN = 4
"""Outcomes that a client has seen when its connection is lost."""

FOLLOWING = [
    NPM / "graphql-ws.mjs",
    NPM / "graphql-sse.mjs",
]


@pytest.fixture
def run(guarded: Guarded, request: pytest.FixtureRequest) -> str:
    """The number of a completed run of ten entries, one of them transferred to accounting."""
    client = guarded.client
    name = request.node.name
    # An organisation of its own: what a cancellation sets free goes into nobody else's run.
    post(
        client.database,
        [line(f"{name} {n}", segment_country=f"{n:02}", organization=name) for n in range(ENTRIES)],
    )
    number: str = client.completed(organizationLabels=[name])["number"]
    entries = client.entries(number)
    assert client.transfer([entries[TRANSFERRED]["number"]])["errors"] == []
    return number


def play(program: Path, guarded: Guarded, run: str) -> list[Line]:
    """What the program tells, whose connections are lost once it has seen some outcomes and not all."""
    told: list[Line] = []
    with (
        stopping_after(SEEN) as go_on,
        Network(guarded.client.url) as network,
        started(program, url=network.url, token=guarded.token, run=run) as lines,
    ):
        for one in lines:
            told.append(one)
            kinds = [kind for kind, _ in told]
            if kinds.count("outcome") == SEEN and "cancelling" in kinds and not go_on.is_set():
                before = network.taken
                assert network.cut() > 0
                go_on.set()
        assert network.taken > before, "no connection was made again"
    return told


def values(told: list[Line], kind: str) -> list[object]:
    """The values of the lines of this kind."""
    return [line.value for line in told if line.kind == kind]


@pytest.mark.parametrize("program", FOLLOWING, ids=lambda program: program.stem)
def test_a_client_asks_is_refused_and_follows_a_cancellation_through_a_lost_connection(
    program: Path, guarded: Guarded, run: str
) -> None:
    told = play(program, guarded, run)

    assert values(told, "run") == [
        {"journalRun": {"number": run, "status": "COMPLETED", "journalEntries": {"totalCount": ENTRIES}}}
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
        {"cancelJournalRun": {"journalRun": {"number": run, "status": "CANCEL_IN_PROGRESS"}, "errors": []}}
    ]
    outcomes = [value for kind, value in told if kind == "outcome"]
    assert [outcome["sequence"] for outcome in outcomes] == list(range(1, ENTRIES + 1))
    assert [outcome["remainingCount"] for outcome in outcomes] == list(reversed(range(ENTRIES)))
    entries = [entry["number"] for entry in guarded.client.entries(run)]
    assert [outcome["journalEntry"]["number"] for outcome in outcomes] == entries
    assert [outcome["outcome"] for outcome in outcomes] == [
        "FAILED" if place == TRANSFERRED else "CANCELED" for place in range(ENTRIES)
    ]
    assert outcomes[TRANSFERRED]["code"] == "TRANSFERRED_TO_ACCOUNTING"
    assert entries[TRANSFERRED] in outcomes[TRANSFERRED]["message"]
    assert told[-1].kind == "completed"

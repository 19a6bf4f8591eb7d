"""Published GraphQL clients, as they are installed, at a running gateway whose connections get lost."""

from pathlib import Path

import pytest

from tests.clients.compiling import relay_program
from tests.clients.conftest import Guarded
from tests.clients.halfway import stopping_after
from tests.clients.network import Network
from tests.clients.programs import NPM, PYPI, Line, started
from tests.ledger import line, post

ENTRIES = 10
TRANSFERRED = 2
"""The place of the one entry that is transferred to accounting."""
SEEN = 4
"""Outcomes that a client has seen when its connection is lost."""

FOLLOWING = [
    NPM / "graphql-ws.mjs",
    NPM / "graphql-sse.mjs",
    NPM / "urql-fetch.mjs",
    NPM / "urql-graphql-ws.mjs",
    NPM / "apollo.mjs",
    NPM / "apollo-graphql-ws.mjs",
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


def play(program: Path, guarded: Guarded, run: str, **more: str) -> list[Line]:
    """What the program tells, whose connections are lost once it has seen some outcomes and not all."""
    told: list[Line] = []
    taken = 0
    with (
        stopping_after(SEEN) as go_on,
        Network(guarded.client.url) as network,
        started(program, url=network.url, token=guarded.token, run=run, **more) as lines,
    ):
        for one in lines:
            told.append(one)
            kinds = [kind for kind, _ in told]
            if kinds.count("outcome") == SEEN and "cancelling" in kinds and not go_on.is_set():
                assert network.cut() > 0
                taken = network.taken
                go_on.set()
        assert go_on.is_set(), f"the connection was never lost: {told}"
        assert network.taken > taken, "no connection was made again"
    return told


def values(told: list[Line], kind: str) -> list[object]:
    """The values of the lines of this kind."""
    return [line.value for line in told if line.kind == kind]


def assert_went_through(told: list[Line], guarded: Guarded, run: str) -> None:
    """Every answer is right, and every outcome told once and in order."""
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
    assert [kind for kind, _ in told if kind.startswith("completed")] == ["completed", "completed again"]


@pytest.mark.parametrize("program", FOLLOWING, ids=lambda program: program.stem)
def test_a_client_asks_is_refused_and_follows_a_cancellation_through_a_lost_connection(
    program: Path, guarded: Guarded, run: str
) -> None:
    assert_went_through(play(program, guarded, run), guarded, run)


@pytest.mark.parametrize(
    ("program", "through"),
    [
        ("gql_websockets.py", "websockets"),
        ("gql_websockets.py", "aiohttp, WebSocket"),
        ("gql_http.py", "aiohttp"),
        ("gql_http.py", "httpx, asynchronous"),
        ("gql_http.py", "httpx"),
        ("gql_http.py", "requests"),
    ],
)
def test_gql_goes_through_a_lost_connection_too(program: str, through: str, guarded: Guarded, run: str) -> None:
    assert_went_through(play(PYPI / program, guarded, run, through=through), guarded, run)


def test_relay_goes_through_a_lost_connection_and_pages_through_a_connection(
    guarded: Guarded, run: str, tmp_path: Path
) -> None:
    told = play(relay_program(tmp_path, persisted=False), guarded, run)

    assert_went_through(told, guarded, run)
    entries = [entry["number"] for entry in guarded.client.entries(run)]
    assert values(told, "page") == [entries[:4], entries[:8], entries]


def test_apollo_sends_the_text_of_each_operation_once_and_then_its_hash_alone(guarded: Guarded, run: str) -> None:
    told = play(NPM / "apollo-persisted.mjs", guarded, run)

    assert_went_through(told, guarded, run)
    sent = [value for kind, value in told if kind == "sent"]
    assert all(by_hash for _, _, by_hash in sent)
    assert sorted(operation for operation, in_full, _ in sent if in_full) == ["Cancel", "Outcomes", "Run"]
    by_hash_alone = sorted(operation for operation, in_full, _ in sent if not in_full)
    assert by_hash_alone == ["Cancel"] * 2 + ["Outcomes"] * 3 + ["Run"]

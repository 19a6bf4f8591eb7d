"""Published GraphQL clients at a running gateway whose connections get lost."""

from pathlib import Path

import pytest

from tests.clients.compiling import relay_program
from tests.clients.conftest import Guarded
from tests.clients.programs import NPM, PYPI
from tests.clients.scene import ENTRIES, Run, assert_went_through, new_run, play, values

FOLLOWING = [
    NPM / "graphql-ws.mjs",
    NPM / "graphql-sse.mjs",
    NPM / "urql-fetch.mjs",
    NPM / "urql-graphql-ws.mjs",
    NPM / "apollo.mjs",
    NPM / "apollo-graphql-ws.mjs",
]


@pytest.fixture
def run(guarded: Guarded, request: pytest.FixtureRequest) -> Run:
    """A separate run for the test."""
    return new_run(guarded.client, request.node.name)


@pytest.mark.parametrize("program", FOLLOWING, ids=lambda program: program.stem)
def test_a_client_follows_a_cancellation_through_a_lost_connection(program: Path, guarded: Guarded, run: Run) -> None:
    assert_went_through(play(program, guarded, run), run)


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
def test_gql_goes_through_a_lost_connection_too(program: str, through: str, guarded: Guarded, run: Run) -> None:
    assert_went_through(play(PYPI / program, guarded, run, through=through), run)


def test_relay_goes_through_a_lost_connection_and_pages_through_a_connection(
    guarded: Guarded, run: Run, tmp_path: Path
) -> None:
    told = play(relay_program(tmp_path, persisted=False), guarded, run)

    assert_went_through(told, run)
    assert values(told, "page") == [list(run.entries[:size]) for size in (4, 8, ENTRIES)]


def test_apollo_sends_the_text_of_each_operation_once_and_then_its_hash_alone(guarded: Guarded, run: Run) -> None:
    told = play(NPM / "apollo-persisted.mjs", guarded, run)

    assert_went_through(told, run)
    sent = [value for kind, value in told if kind == "sent"]
    assert all(by_hash for _, _, by_hash in sent)
    assert sorted(operation for operation, in_full, _ in sent if in_full) == ["Cancel", "Outcomes", "Run"]
    by_hash_alone = sorted(operation for operation, in_full, _ in sent if not in_full)
    assert by_hash_alone == ["Cancel"] * 2 + ["Outcomes"] * 4 + ["Run"]

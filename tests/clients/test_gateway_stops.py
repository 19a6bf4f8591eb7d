"""A stopping gateway ends each HTTP stream with an error; clients continue where they were."""

from pathlib import Path

import pytest

from tests.clients.conftest import guarded_gateway
from tests.clients.programs import NPM
from tests.clients.scene import assert_went_through, new_run, play_until


@pytest.mark.parametrize("program", ["graphql-sse", "urql-fetch", "apollo"])
def test_a_client_continues_from_the_last_cursor_after_the_gateway_stops(
    program: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    with guarded_gateway(tmp_path) as guarded:
        run = new_run(guarded.client, request.node.name)
        # Every stream that waits is ended from here on, so the rest comes piece by piece, or at once.
        told = play_until(
            guarded.application.stop_following,
            NPM / f"{program}.mjs",
            url=guarded.client.url,
            token=guarded.token,
            run=run.number,
        )
    assert_went_through(told, run)

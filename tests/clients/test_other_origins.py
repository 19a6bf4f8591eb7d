"""A front-end on another port, in a browser: it works only if its origin is allowed."""

import functools
import http.server
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from gateway.origins import Origins
from tests.clients.compiling import bundled, workshop
from tests.clients.conftest import guarded_gateway
from tests.clients.programs import NPM, require, run
from tests.clients.scene import ENTRIES, TRANSFERRED, assert_went_through, new_run, play, values

PROGRAMS = ["urql-fetch", "graphql-ws"]


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files, and writes no log."""

    def log_message(self, format: str, *args: object) -> None:
        """Write nothing."""


@pytest.fixture
def chromium() -> str:
    """The browser. Without one the test is skipped, but never in CI."""
    found = shutil.which("chromium")
    require(None if found else "there is no Chromium; on Debian: apt install chromium")
    return str(found)


@contextmanager
def front_end(folder: Path, program: str) -> Iterator[str]:
    """The origin of a page that runs the program, bundled for browsers."""
    npm = workshop(folder)
    site = folder / "site"
    site.mkdir()
    shutil.copy(npm / "page.html", site / "index.html")
    shutil.copy(bundled(npm / f"{program}.mjs", "--external:ws"), site / "program.js")
    handler = functools.partial(Quiet, directory=str(site))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_page_of_an_allowed_origin_follows_a_cancellation_through_a_lost_connection(
    program: str, tmp_path: Path, chromium: str, request: pytest.FixtureRequest
) -> None:
    with (
        front_end(tmp_path, program) as origin,
        guarded_gateway(tmp_path, origins=Origins([origin])) as guarded,
    ):
        prepared = new_run(guarded.client, request.node.name)
        screenshot = str(tmp_path / "page.png")
        told = play(NPM / "browser.mjs", guarded, prepared, page=origin, chromium=chromium, screenshot=screenshot)
    assert_went_through(told, prepared)
    assert values(told, "state") == ["Completed."]
    (shown,) = values(told, "shown")
    assert isinstance(shown, list)
    assert len(shown) == ENTRIES
    assert shown[0] == f"{prepared.entries[0]} CANCELLED "
    assert shown[TRANSFERRED].startswith(f"{prepared.entries[TRANSFERRED]} FAILED Journal entry")


@pytest.mark.parametrize(
    ("program", "complaint"),
    [("urql-fetch", "has been blocked by CORS policy"), ("graphql-ws", "Unexpected response code: 403")],
)
def test_a_page_of_another_origin_is_refused_and_nothing_is_done(
    program: str, complaint: str, tmp_path: Path, chromium: str, request: pytest.FixtureRequest
) -> None:
    with (
        front_end(tmp_path, program) as origin,
        guarded_gateway(tmp_path, origins=Origins(["http://127.0.0.1:9"])) as guarded,
    ):
        prepared = new_run(guarded.client, request.node.name)
        told = run(
            NPM / "browser.mjs",
            url=guarded.client.url,
            token=guarded.token,
            run=prepared.number,
            page=origin,
            chromium=chromium,
            until=complaint,
        )
        assert {line.kind for line in told} <= {"browser", "failed", "state", "shown"}
        assert any(complaint in str(text) for text in values(told, "browser"))
        assert values(told, "shown") == [[]]
        assert guarded.client.wait(prepared.number, "COMPLETED")["cancellation"] is None

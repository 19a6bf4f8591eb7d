"""Web pages of other origins: refused unless they are allowed, by one list for GraphQL, REST and WebSockets."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from gateway.origins import OriginError, Origins
from tests.support.client import Client
from tests.support.command import run_here
from tests.support.served import served_anew

PAGE = "http://127.0.0.1:5173"
PATHS = ["/graphql", "/v1/journal-runs", "/v1/journal-runs/JR-00000001/cancel", "/oauth/token"]


@contextmanager
def serving(folder: Path, *allowed: str) -> Iterator[Client]:
    """A client of a gateway that allows these origins."""
    with served_anew(folder, origins=Origins(allowed)) as connected:
        yield connected


def preflight(url: str, origin: str = PAGE, method: str = "POST") -> httpx.Response:
    """A browser's preflight request."""
    headers = {
        "Origin": origin,
        "Access-Control-Request-Method": method,
        "Access-Control-Request-Headers": "authorization,content-type,idempotency-key",
    }
    return httpx.options(url, headers=headers)


def handshake(url: str, origin: str | None) -> None:
    """Open a WebSocket as a page of this origin does."""

    async def go() -> None:
        address = url.replace("http", "ws", 1) + "/graphql"
        protocol = Subprotocol("graphql-transport-ws")
        async with connect(address, origin=None if origin is None else Origin(origin), subprotocols=[protocol]):
            pass

    asyncio.run(go())


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_another_origin_is_refused_with_the_setting_that_allows_it(tmp_path: Path, path: str) -> None:
    with serving(tmp_path) as gateway:
        refused = preflight(gateway.url + path)
        assert refused.status_code == 403
        assert f"--allow-origin {PAGE}" in refused.text
        assert "JOURNAL_GATEWAY_ALLOWED_ORIGINS" in refused.text
        answered = httpx.post(gateway.url + path, headers={"Origin": PAGE}, json={"query": "{ __typename }"})
        for response in (refused, answered):
            assert "access-control-allow-origin" not in response.headers


@pytest.mark.parametrize("path", PATHS)
def test_a_page_of_an_allowed_origin_may_call(tmp_path: Path, path: str) -> None:
    with serving(tmp_path, PAGE, "https://app.example.com") as gateway:
        for method in ("GET", "POST", "PUT", "DELETE"):
            allowed = preflight(gateway.url + path, method=method)
            assert allowed.status_code == 200
            assert allowed.headers["access-control-allow-origin"] == PAGE
            assert method in allowed.headers["access-control-allow-methods"]
            assert allowed.headers["access-control-allow-headers"] == "authorization,content-type,idempotency-key"
        answered = httpx.post(gateway.url + path, headers={"Origin": PAGE}, json={"query": "{ __typename }"})
        assert answered.headers["access-control-allow-origin"] == PAGE
        assert "Origin" in answered.headers["vary"]
        assert "access-control-allow-credentials" not in answered.headers
        assert preflight(gateway.url + path, "http://127.0.0.1:5174").status_code == 403


def test_a_page_of_an_allowed_origin_can_read_a_refusal(tmp_path: Path) -> None:
    with serving(tmp_path, PAGE) as gateway:
        for response in (
            httpx.post(f"{gateway.url}/graphql", headers={"Origin": PAGE}, content="{"),
            httpx.get(f"{gateway.url}/nowhere", headers={"Origin": PAGE}),
            httpx.get(f"{gateway.url}/v1/journal-runs/JR-9", headers={"Origin": PAGE, "Authorization": "Bearer x"}),
        ):
            assert response.headers["access-control-allow-origin"] == PAGE


def test_a_websocket_of_another_origin_is_refused_with_the_setting_that_allows_it(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    server = logging.getLogger("uvicorn.error")
    server.addHandler(caplog.handler)
    with serving(tmp_path, "https://app.example.com") as gateway:
        handshake(gateway.url, None)
        handshake(gateway.url, gateway.url)
        handshake(gateway.url, "https://app.example.com")
        for origin in (PAGE, "https://app.example.com.evil.org", "https://app.example.com:444"):
            with pytest.raises(InvalidStatus) as refused:
                handshake(gateway.url, origin)
            assert refused.value.response.status_code == 403
            body = refused.value.response.body
            assert body is not None
            assert f"--allow-origin {origin}".encode() in body
        with pytest.raises(InvalidStatus) as refused:
            handshake(gateway.url, "null")
        # It could not be named: --allow-origin null is refused at the start.
        assert b"'null' names no site" in (refused.value.response.body or b"")
    server.removeHandler(caplog.handler)
    # The others are of the same kind, which is logged once in a minute.
    (record,) = caplog.records
    assert record.name == "gateway.graphql.endpoint"
    assert f"--allow-origin {PAGE}" in record.getMessage()


def test_every_origin_is_allowed_by_a_star(tmp_path: Path) -> None:
    with serving(tmp_path, "*") as gateway:
        assert preflight(gateway.url + "/graphql").headers["access-control-allow-origin"] == "*"
        handshake(gateway.url, PAGE)


def test_origins_are_compared_as_browsers_write_them() -> None:
    origins = Origins(["HTTPS://App.Example.com:443/, http://localhost:5173"])
    assert origins.allows("https://app.example.com")
    assert origins.allows("http://localhost:5173")
    assert not origins.allows("http://localhost")


@pytest.mark.parametrize("wrong", ["localhost:5173", "example.com", "https://example.com/app", "null", "https://*"])
def test_an_invalid_origin_is_refused_at_the_start(tmp_path: Path, wrong: str) -> None:
    with pytest.raises(OriginError, match="is not an origin"):
        Origins([wrong])
    refused = run_here(tmp_path, "serve", "--port", "0", "--allow-origin", wrong)
    assert refused.returncode == 1
    assert refused.stderr.startswith(f"error: '{wrong}' is not an origin")
    assert not list(tmp_path.iterdir())

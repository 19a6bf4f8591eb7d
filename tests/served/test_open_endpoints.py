"""What callers without a token get where one is needed, and the limit on guessing secrets."""

import asyncio
from collections.abc import Iterator

import httpx
import pytest

from gateway.application import Application
from gateway.attempts import KEY_ATTEMPTS_MAX
from resolvers.access import STANDARD, create_api_key
from storage.database import Database
from tests.support.client import Client
from tests.support.served import served
from tests.support.tokens import new_token


@pytest.fixture
def guarded(database: Database) -> Iterator[Client]:
    """A client without a token, of a gateway that requires one."""
    with served(Application(database, require_api_key=True), database) as connected:
        yield connected


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_is_no_secret_needs_no_token_and_metrics_need_one(guarded: Client) -> None:
    _, token = new_token(guarded.database)
    with httpx.Client(base_url=guarded.url) as http:
        for path in ("/healthz", "/readyz", "/openapi.json", "/graphiql/schema.graphql"):
            assert http.get(path).status_code == 200
        assert http.get("/graphql", headers={"Accept": "text/html"}).status_code == 200
        refused = http.get("/metrics")
        assert (refused.status_code, refused.headers["WWW-Authenticate"]) == (401, "Bearer")
        assert refused.json()["message"].startswith("Send the header Authorization")
        assert http.get("/metrics", headers={"Authorization": "Bearer nonsense"}).status_code == 401
        assert "HELP" in http.get("/metrics", headers={"Authorization": f"Bearer {token}"}).text


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_open_gateway_shows_its_metrics(client: Client) -> None:
    assert httpx.get(client.url + "/metrics").status_code == 200


def test_guessing_a_secret_is_limited_also_by_many_requests_at_once(guarded: Client) -> None:
    key, secret = create_api_key(guarded.database, "Month end", STANDARD, actor="test")
    other, other_secret = create_api_key(guarded.database, "Other", STANDARD, actor="test")

    def form(client_id: str, client_secret: str) -> dict[str, str]:
        return {"grant_type": "client_credentials", "client_id": client_id, "client_secret": client_secret}

    async def all_at_once(*forms: dict[str, str]) -> list[httpx.Response]:
        async with httpx.AsyncClient(base_url=guarded.url) as http:
            return list(await asyncio.gather(*(http.post("/oauth/token", data=each) for each in forms)))

    # Right ones are not counted.
    assert {answer.status_code for answer in asyncio.run(all_at_once(*[form(key.client_id, secret)] * 12))} == {200}

    answers = asyncio.run(all_at_once(*(form(key.client_id, f"guess {number}") for number in range(25))))
    statuses = [answer.status_code for answer in answers]
    assert KEY_ATTEMPTS_MAX <= statuses.count(401) < KEY_ATTEMPTS_MAX + 4
    assert statuses.count(401) + statuses.count(429) == 25

    limited, served_still = asyncio.run(all_at_once(form(key.client_id, secret), form(other.client_id, other_secret)))
    assert limited.status_code == 429
    wait = int(limited.headers["Retry-After"])
    assert 0 < wait <= 60
    message = f"Too many attempts with wrong credentials; wait {wait} seconds, and check the client id and secret."
    assert limited.json() == {"error": "slow_down", "error_description": message, "message": message}
    assert served_still.status_code == 200

"""What browsers are told about every answer. That the page still works, tests/clients/test_page.py shows."""

from collections.abc import Iterator

import httpx
import pytest

from gateway.browser_policy import ALWAYS, NOTHING, PAGE
from tests.support.client import Client
from tests.support.http import ledger_served

HTML = {"Accept": "text/html"}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway for all requests."""
    with ledger_served(tmp_path_factory.mktemp("ledger")) as connected:
        yield connected


@pytest.mark.parametrize(
    ("method", "path", "headers", "policy"),
    [
        ("GET", "/graphql", HTML, PAGE),
        ("GET", "/graphiql/page.css", {}, PAGE),
        ("GET", "/graphiql/form.js", {}, PAGE),
        ("GET", "/graphiql/nothing", {}, NOTHING),
        ("POST", "/graphql", {}, NOTHING),
        ("GET", "/graphql?query={__typename}", {}, NOTHING),
        ("OPTIONS", "/graphql", {"Origin": "http://a", "Access-Control-Request-Method": "POST"}, NOTHING),
        ("GET", "/", {}, NOTHING),
        ("GET", "/healthz", {}, NOTHING),
        ("GET", "/metrics", {}, NOTHING),
        ("GET", "/openapi.json", {}, NOTHING),
        ("GET", "/v1/journal-runs/JR-9", {}, NOTHING),
        ("POST", "/oauth/token", {}, NOTHING),
        ("GET", "/nowhere", {}, NOTHING),
        ("GET", "/nowhere", {"Host": "evil.example"}, NOTHING),
    ],
)
def test_every_answer_says_what_browsers_may_do_with_it(
    gateway: Client, method: str, path: str, headers: dict[str, str], policy: str
) -> None:
    answered = httpx.request(method, gateway.url + path, headers=headers)
    assert [answered.headers.get_list(name) for name in ALWAYS] == [
        [policy if name == "Content-Security-Policy" else value] for name, value in ALWAYS.items()
    ]


def test_the_page_loads_from_this_server_alone() -> None:
    sources = {source for directive in PAGE.split("; ") for source in directive.split()[1:]}
    assert sources == {"'none'", "'self'", "data:", "'unsafe-inline'"}
    assert [part for part in PAGE.split("; ") if "unsafe" in part] == ["style-src 'self' 'unsafe-inline'"]

"""While one request is made to take long, others are answered, and its sender is told what would be right."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from storage.database import Database
from storage.migration import migrate
from tests.support.attacks import BODIES, DOCUMENTS, VALUES
from tests.support.ledger import fill
from tests.support.probing import LONGEST_SECONDS, probed
from tests.support.processes import serving

ATTEMPTS = 3


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The URL of a gateway in a process of its own."""
    with _served(tmp_path_factory.mktemp("attacked")) as found:
        yield found


@contextmanager
def _served(folder: Path) -> Iterator[str]:
    database = Database(f"sqlite:///{folder}/ledger.db")
    migrate(database)
    fill(database)
    with serving(folder, database) as (_, url):
        httpx.post(f"{url}/graphql", json={"query": "{ journalRuns { totalCount } }"}).raise_for_status()
        yield url
    database.close()


def attack(url: str, content: bytes, headers: dict[str, str] | None = None) -> httpx.Response:
    """Send a body, and check that nobody has to wait for it: what else the machine does comes but once."""
    delays = []
    for _ in range(ATTEMPTS):
        with probed(url) as probes:
            sent = {"Content-Type": "application/json", **(headers or {})}
            response = httpx.post(f"{url}/graphql", content=content, headers=sent, timeout=60)
        assert probes.failed == 0
        delays.append(probes.longest)
        if probes.longest < LONGEST_SECONDS:
            break
    assert min(delays) < LONGEST_SECONDS, delays
    return response


def errors_of(response: httpx.Response) -> list[dict[str, Any]]:
    """The errors of an answer, each of which says what is wrong."""
    assert response.status_code < 500
    assert len(response.content) < 300_000
    errors: list[dict[str, Any]] = response.json().get("errors", [])
    for error in errors:
        assert error["extensions"]["code"] != "INTERNAL_SERVER_ERROR"
        assert "aborted" not in error["message"]
    return errors


@pytest.mark.parametrize("name", DOCUMENTS)
def test_no_document_delays_others(url: str, name: str) -> None:
    errors = errors_of(attack(url, json.dumps({"query": DOCUMENTS[name]}).encode()))
    if errors and not errors[0]["message"].startswith("The document has"):
        assert errors[0]["locations"]


@pytest.mark.parametrize("name", VALUES)
def test_no_value_delays_others(url: str, name: str) -> None:
    document, variables = VALUES[name]
    errors_of(attack(url, json.dumps({"query": document, "variables": variables}).encode()))


@pytest.mark.parametrize("name", BODIES)
def test_no_body_delays_others(url: str, name: str) -> None:
    content, headers = BODIES[name]
    errors_of(attack(url, content, dict(headers)))

"""While one request is made to take long, others are answered, and its sender is told what would be right."""

import gzip
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from gateway.limits import MAX_BODY_BYTES
from storage.database import Database
from storage.migration import migrate
from tests.support.attacks import BODIES, DOCUMENTS, MESSAGES, RECORD, REST, VALUES
from tests.support.ledger import fill
from tests.support.probing import unnoticed
from tests.support.processes import serving
from tests.support.recording import item


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


def post(url: str, content: bytes, path: str = "/graphql", **headers: str) -> httpx.Response:
    """Send a body."""
    sent = {"Content-Type": "application/json", **headers}
    return httpx.post(f"{url}{path}", content=content, headers=sent)


def told(url: str, message: str) -> list[Any]:
    """Send a message over a WebSocket; returns the answers, or how the connection was closed."""
    with connect(f"{url.replace('http', 'ws')}/graphql", subprotocols=[Subprotocol("graphql-transport-ws")]) as socket:
        socket.send(json.dumps({"type": "connection_init"}))
        assert json.loads(socket.recv()) == {"type": "connection_ack"}
        answers: list[Any] = []
        try:
            socket.send(message)
            while not answers or answers[-1]["type"] not in ("complete", "error", "pong"):
                answers.append(json.loads(socket.recv(timeout=60)))
        except ConnectionClosed as closed:
            answers.append(str(closed))
        return answers


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
    content = json.dumps({"query": DOCUMENTS[name]}).encode()
    errors = errors_of(unnoticed(url, lambda: post(url, content)))
    if errors and not errors[0]["message"].startswith("The document has"):
        assert errors[0]["locations"]


@pytest.mark.parametrize("name", VALUES)
def test_no_value_delays_others(url: str, name: str) -> None:
    document, variables = VALUES[name]
    content = json.dumps({"query": document, "variables": variables}).encode()
    errors_of(unnoticed(url, lambda: post(url, content)))


@pytest.mark.parametrize("name", BODIES)
def test_no_body_delays_others(url: str, name: str) -> None:
    content, headers = BODIES[name]
    errors_of(unnoticed(url, lambda: post(url, content, **headers)))


def test_no_packed_body_delays_others(url: str) -> None:
    content = gzip.compress(b'{"query": "' + b" " * 100_000_000)
    errors_of(unnoticed(url, lambda: post(url, content, **{"Content-Encoding": "gzip"})))


@pytest.mark.parametrize("name", REST)
def test_no_body_of_the_rest_interface_delays_others(url: str, name: str) -> None:
    content = json.dumps(REST[name]).encode()
    response = unnoticed(url, lambda: post(url, content, "/v1/journal-runs"))
    assert response.status_code < 500
    assert len(response.content) < 300_000
    assert not response.json()["success"]


@pytest.mark.parametrize("name", MESSAGES)
def test_no_message_delays_others(url: str, name: str) -> None:
    answers = unnoticed(url, lambda: told(url, MESSAGES[name]))
    assert len(json.dumps(answers)) < 300_000


def test_many_at_once_do_not_add_up(url: str) -> None:
    bodies = [
        json.dumps({"query": f"# {number}\n{DOCUMENTS[name]}"}).encode()
        for name in ("equal nested fields", "inline fragments", "misspelt nested fields")
        for number in range(2)
    ]

    def act() -> None:
        with ThreadPoolExecutor(len(bodies)) as pool:
            assert {response.status_code for response in pool.map(partial(post, url), bodies)} == {200}

    unnoticed(url, act)


def test_a_thousand_transactions_fit_and_delay_nobody(url: str) -> None:
    numbers = count()

    def act() -> None:
        start = next(numbers)
        long = {"organizationLabel": None, "accountNumber": "A" * 40, "documentNumber": "INV-" + "1" * 40}
        items = [item(f"{start} of a long name: {number:08}", **long) for number in range(1_000)]
        content = json.dumps({"query": RECORD, "variables": {"t": items}}).encode()
        assert len(content) < MAX_BODY_BYTES / 2
        assert post(url, content).json()["data"]["recordTransactions"] == {"recorded": 1_000, "errors": []}

    unnoticed(url, act)

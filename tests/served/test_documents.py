"""Automatic persisted queries by Apollo's protocol, and trusted documents."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.graphql.documents import (
    LARGEST_REGISTERED,
    MOST_REGISTERED,
    DocumentRefused,
    Documents,
    NoPersistedQueries,
    PersistedQueries,
    TrustedDocumentsError,
    load_trusted_documents,
)
from gateway.graphql.requests import GraphQLRequest
from tests.support.costs import without_cost
from tests.support.ledger import fill
from tests.support.served import served_anew
from tests.support.websocket import subscribe, talk

DOCUMENT = "{ journalRuns { totalCount } }"
ANSWER = {"data": {"journalRuns": {"totalCount": 0}}}
NOT_FOUND = {"errors": [{"message": "PersistedQueryNotFound", "extensions": {"code": "PERSISTED_QUERY_NOT_FOUND"}}]}


def persisted(document: str) -> dict[str, Any]:
    """The extensions with the document's hash."""
    return {"persistedQuery": {"version": 1, "sha256Hash": sha256(document.encode()).hexdigest()}}


def by_hash(document: str, *, whole: bool = False) -> GraphQLRequest:
    """A request for the document by its hash, with the document or without."""
    return GraphQLRequest(document if whole else None, None, None, persisted(document), None)


@contextmanager
def serving(folder: Path, documents: Documents, **options: Any) -> Iterator[Any]:
    """A client of a gateway that runs these documents."""
    with served_anew(folder, documents=documents, **options) as connected:
        fill(connected.database)
        yield connected


def post(url: str, **body: Any) -> httpx.Response:
    """The answer to this request."""
    return httpx.post(f"{url}/graphql", json=body)


def test_a_document_is_sent_once_and_then_named_by_its_hash(tmp_path: Path) -> None:
    with serving(tmp_path, PersistedQueries()) as gateway:
        miss = post(gateway.url, extensions=persisted(DOCUMENT))
        assert (miss.status_code, miss.json()) == (200, NOT_FOUND)
        assert without_cost(post(gateway.url, query=DOCUMENT, extensions=persisted(DOCUMENT)).json()) == ANSWER
        assert without_cost(post(gateway.url, extensions=persisted(DOCUMENT)).json()) == ANSWER
        by_get = httpx.get(f"{gateway.url}/graphql", params={"extensions": json.dumps(persisted(DOCUMENT))})
        assert without_cost(by_get.json()) == ANSWER
        events = httpx.post(
            f"{gateway.url}/graphql", json={"extensions": persisted(DOCUMENT)}, headers={"Accept": "text/event-stream"}
        )
        assert json.dumps(ANSWER["data"], separators=(",", ":")) in events.text
        answers, _, _ = talk(gateway, subscribe(extensions=persisted(DOCUMENT)))
        assert answers[0]["payload"] == ANSWER


def test_an_empty_document_beside_a_hash_counts_as_none(tmp_path: Path) -> None:
    with serving(tmp_path, PersistedQueries()) as gateway:
        assert post(gateway.url, query="", extensions=persisted(DOCUMENT)).json() == NOT_FOUND
        answers, _, _ = talk(gateway, subscribe(query="", extensions=persisted(DOCUMENT)))
        assert answers == [{"id": "1", "type": "error", "payload": NOT_FOUND["errors"]}]


def test_a_document_can_be_registered_by_websocket(tmp_path: Path) -> None:
    with serving(tmp_path, PersistedQueries()) as gateway:
        answers, _, _ = talk(
            gateway,
            subscribe(extensions=persisted(DOCUMENT)),
            {**subscribe(query=DOCUMENT, extensions=persisted(DOCUMENT)), "id": "2"},
        )
        assert answers[0] == {"id": "1", "type": "error", "payload": NOT_FOUND["errors"]}
        assert answers[1]["payload"] == ANSWER
        assert without_cost(post(gateway.url, extensions=persisted(DOCUMENT)).json()) == ANSWER


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 1, "sha256Hash": sha256(b"other").hexdigest()},
        {"version": 2, "sha256Hash": sha256(DOCUMENT.encode()).hexdigest()},
        {"version": 1},
        {"version": 1, "sha256Hash": 7},
        "hash",
    ],
)
def test_a_wrong_hash_is_a_clients_error(tmp_path: Path, wrong: object) -> None:
    with serving(tmp_path, PersistedQueries()) as gateway:
        response = post(gateway.url, query=DOCUMENT, extensions={"persistedQuery": wrong})
        assert response.status_code == 400
        assert "persistedQuery" in response.json()["errors"][0]["message"]


def test_a_document_that_is_not_valid_is_not_registered(tmp_path: Path) -> None:
    with serving(tmp_path, PersistedQueries()) as gateway:
        assert post(gateway.url, query="{ nothing }", extensions=persisted("{ nothing }")).json()["errors"]
        assert post(gateway.url, extensions=persisted("{ nothing }")).json() == NOT_FOUND


def test_unauthenticated_callers_learn_nothing_about_the_documents(tmp_path: Path) -> None:
    documents = PersistedQueries()
    _, register = documents.find(by_hash(DOCUMENT, whole=True))
    assert register is not None
    register()
    with serving(tmp_path, documents, require_api_key=True) as gateway:
        known = post(gateway.url, extensions=persisted(DOCUMENT))
        unknown = post(gateway.url, extensions=persisted("{ other }"))
        assert known.status_code == unknown.status_code == 401
        assert known.json() == unknown.json()


def test_registered_documents_are_bounded_in_number_and_bytes() -> None:
    documents = PersistedQueries()

    def register(document: str) -> None:
        _, keep = documents.find(by_hash(document, whole=True))
        assert keep is not None
        keep()

    for number in range(MOST_REGISTERED + 10):
        register(f"{{ a{number} }}")
    with pytest.raises(DocumentRefused):
        documents.find(by_hash("{ a0 }"))
    assert documents.find(by_hash(f"{{ a{MOST_REGISTERED + 9} }}"))[0]
    register("{ é" + " " * (LARGEST_REGISTERED - 10) + "}")
    with pytest.raises(DocumentRefused):
        documents.find(by_hash(f"{{ a{MOST_REGISTERED + 9} }}"))
    register(" " * (LARGEST_REGISTERED + 1))  # too large to be kept, and no error


def test_where_they_are_disabled_a_client_must_send_documents_in_full(tmp_path: Path) -> None:
    with serving(tmp_path, NoPersistedQueries()) as gateway:
        refused = post(gateway.url, extensions=persisted(DOCUMENT))
        assert refused.status_code == 200
        assert refused.json()["errors"] == [
            {"message": "PersistedQueryNotSupported", "extensions": {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}}
        ]
        assert without_cost(post(gateway.url, query=DOCUMENT, extensions=persisted(DOCUMENT)).json()) == ANSWER


def manifest(folder: Path, content: object) -> Path:
    """A file with this content, as JSON unless it is a string."""
    path = folder / "manifest.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


APOLLO = {
    "format": "apollo-persisted-query-manifest",
    "version": 1,
    "operations": [{"id": "runs-1", "name": "Runs", "type": "query", "body": DOCUMENT}],
}
RELAY = {"runs-1": DOCUMENT}


@pytest.mark.parametrize("content", [APOLLO, RELAY], ids=["Apollo's", "Relay's"])
def test_only_trusted_documents_run(tmp_path: Path, content: object) -> None:
    with serving(tmp_path, load_trusted_documents(manifest(tmp_path, content))) as gateway:
        trusted: list[dict[str, Any]] = [
            {"documentId": "runs-1"},
            {"doc_id": "runs-1"},
            {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "runs-1"}}},
            {"query": DOCUMENT},
        ]
        for request in trusted:
            assert without_cost(post(gateway.url, **request).json()) == ANSWER, request
            answers, _, _ = talk(gateway, subscribe(**request))
            assert answers[0]["payload"] == ANSWER, request
        others: list[dict[str, Any]] = [
            {"documentId": "runs-2"},
            {"extensions": persisted(DOCUMENT)},
            {"query": "{ __typename }"},
            {"query": DOCUMENT + " "},
            {"query": "{ __schema { queryType { name } } }", "extensions": persisted("x")},
        ]
        for request in others:
            assert post(gateway.url, **request).json()["errors"][0]["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"
            answers, closed, _ = talk(gateway, subscribe(**request))
            assert (answers[0]["type"], closed) == ("error", None)


def test_an_id_of_a_document_needs_trusted_documents(tmp_path: Path) -> None:
    with serving(tmp_path, PersistedQueries()) as gateway:
        refused = post(gateway.url, documentId="runs-1", query=DOCUMENT).json()
        assert refused["errors"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"
        assert "trusted documents" in refused["errors"][0]["message"]


def test_a_trusted_document_of_several_operations_runs_the_named_one(tmp_path: Path) -> None:
    name = sha256(b"two").hexdigest()
    two = {"id": name, "body": "query A { a: __typename } query B { b: __typename }"}
    # A byte-order mark is what editors on Windows write first.
    path = manifest(tmp_path, "\ufeff" + json.dumps({"operations": [two, two]}))
    with serving(tmp_path, load_trusted_documents(path)) as gateway:
        for given in (name, name.upper()):
            assert post(gateway.url, documentId=given, operationName="B").json()["data"] == {"b": "Query"}
            hashed = {"persistedQuery": {"version": 1, "sha256Hash": given}}
            assert post(gateway.url, extensions=hashed, operationName="A").json()["data"] == {"a": "Query"}
        unnamed = post(gateway.url, documentId=name).json()
        assert unnamed["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
        unknown = post(gateway.url, documentId="x" * 1_000_000).json()
        assert len(unknown["errors"][0]["message"]) < 200


def test_a_hash_may_be_written_in_capitals(tmp_path: Path) -> None:
    capitals = {"persistedQuery": {"version": 1, "sha256Hash": sha256(DOCUMENT.encode()).hexdigest().upper()}}
    with serving(tmp_path, PersistedQueries()) as gateway:
        assert without_cost(post(gateway.url, query=DOCUMENT, extensions=capitals).json()) == ANSWER
        assert without_cost(post(gateway.url, extensions=persisted(DOCUMENT)).json()) == ANSWER


@pytest.mark.parametrize(
    "content",
    [
        "",
        '{"a": "{ a }", "a": "{ b }"}',
        {"operations": [{"id": "a", "body": "{ a }"}, {"id": "a", "body": "{ b }"}]},
        "{",
        "[]",
        "null",
        {},
        {"a": 1},
        {"operations": [1]},
        {"operations": {}},
        {"operations": [{"id": "a"}]},
        {"operations": [{"body": "{ a }"}]},
        {"a": ""},
    ],
)
def test_a_file_that_is_not_a_manifest_is_refused(tmp_path: Path, content: object) -> None:
    with pytest.raises(TrustedDocumentsError, match=r"manifest\.json: "):
        load_trusted_documents(manifest(tmp_path, content))

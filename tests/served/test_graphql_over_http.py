"""GraphQL over HTTP: malformed requests, invalid operations, and how each response format reports them."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.support.client import Client
from tests.support.costs import without_cost
from tests.support.http import CREATE, JSON, REFUSED, RUNS, ledger_served

EVENTS = {**JSON, "Accept": "text/event-stream"}
MULTIPART = {**JSON, "Accept": 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'}
APOLLO = {**JSON, "Accept": 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0,application/json'}


pytestmark = pytest.mark.usefixtures("quiet")


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    """A client of one gateway for all requests."""
    with ledger_served(tmp_path_factory.mktemp("ledger")) as connected:
        yield connected


def post(gateway: Client, body: object, headers: dict[str, str] = JSON) -> httpx.Response:
    """The answer to this body; one that is not bytes is sent as JSON."""
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return httpx.post(f"{gateway.url}/graphql", content=content, headers=headers)


def events(response: httpx.Response) -> list[tuple[str, Any]]:
    """The events of a stream, whose lines end in LF only, because some clients split only at LF."""
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/event-stream")
    assert "\r" not in response.text
    *told, rest = response.text.split("\n\n")
    assert rest == ""
    found = []
    for event in told:
        kind, data = event.split("\n")
        found.append((kind.removeprefix("event: "), json.loads(data.removeprefix("data:") or "null")))
    return found


def parts(response: httpx.Response) -> list[Any]:
    """The parts of a multipart answer, between its first and its closing boundary."""
    assert response.status_code == 200
    assert response.headers["content-type"] == 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0'
    assert response.headers["cache-control"] == "no-cache, no-transform"
    assert response.headers["x-accel-buffering"] == "no"
    before, *told, after = ("\r\n" + response.text).split("\r\n--graphql")
    assert (before, after) == ("", "--\r\n")
    found = []
    for part in told:
        headers, _, body = part.partition("\r\n\r\n")
        assert f"Content-Length: {len(body)}" in headers
        found.append(json.loads(body))
    return [part["payload"] for part in found if part]


def no_runs(gateway: Client) -> bool:
    """Whether nothing was executed: no run was created."""
    return bool(gateway.query(RUNS)["journalRuns"]["totalCount"] == 0)


@pytest.mark.parametrize("what", REFUSED)
def test_an_invalid_operation_is_refused_in_the_negotiated_format(gateway: Client, what: str) -> None:
    document, code = REFUSED[what]
    body = {"query": document}

    as_json = post(gateway, body)
    assert (as_json.status_code, as_json.headers["content-type"]) == (200, "application/json")
    answer = as_json.json()
    assert answer["errors"][0]["extensions"]["code"] == code
    assert len(answer["errors"][0]["message"]) < 400
    assert "data" not in answer

    graphql = post(gateway, body, {**JSON, "Accept": "application/graphql-response+json"})
    assert graphql.status_code == 400
    assert graphql.headers["content-type"] == "application/graphql-response+json"
    assert graphql.json() == answer

    assert events(post(gateway, body, EVENTS)) == [("next", answer), ("complete", None)]
    assert parts(post(gateway, body, MULTIPART)) == [answer]
    assert parts(post(gateway, body, APOLLO)) == [answer]
    assert no_runs(gateway)


def test_the_named_one_of_several_operations_is_executed(gateway: Client) -> None:
    body = {"query": f"query A {RUNS} query B {{ __typename }}", "operationName": "B"}
    assert without_cost(post(gateway, body).json()) == {"data": {"__typename": "Query"}}
    kind, event = events(post(gateway, body, EVENTS))[0]
    assert (kind, without_cost(event)) == ("next", {"data": {"__typename": "Query"}})
    unknown = post(gateway, {**body, "operationName": "C"}).json()
    assert unknown["errors"][0]["message"] == "The document has no operation 'C'; its operations are: A, B."


BODIES = {
    "null": (b"null", 400),
    "a text": (b'"query"', 400),
    "a number": (b"1", 400),
    "a batch": (b'[{"query": "{ __typename }"}]', 400),
    "nothing": (b"", 400),
    "no document": (b"{}", 400),
    "no JSON": (b'{"query":', 400),
    "JSON and more": (b'{"query": "{ __typename }"} x', 400),
    "not UTF-8": (b'{"query": "{ __typename }", "variables": {"a": "\xff"}}', 400),
    "UTF-16": ('{"query": "{ __typename }"}'.encode("utf-16"), 400),
    "an integer of thousands of digits": (
        b'{"query": "{ __typename }", "variables": {"a": ' + b"1" * 5_000 + b"}}",
        400,
    ),
    "not a number": (b'{"query": "{ __typename }", "variables": {"a": NaN}}', 400),
    "lists a thousand deep": (
        b'{"query": "{ __typename }", "variables": {"a": ' + b"[" * 1_000 + b"]" * 1_000 + b"}}",
        400,
    ),
    "lists without end": (b"[" * 100_000, 400),
    "a number beyond all bounds": (b'{"query": "{ __typename }", "variables": {"a": [1e400]}}', 400),
    "a name twice": (b'{"query": "{ __typename }", "variables": {"amount": "1", "amount": "2"}}', 400),
    "half of a surrogate pair": (b'{"query": "{ __typename } # \\ud800", "extensions": {"persistedQuery": 1}}', 400),
    "a document that is an object": (b'{"query": {}}', 400),
    "variables that are a list": (b'{"query": "{ __typename }", "variables": []}', 400),
    "variables that are a text": (b'{"query": "{ __typename }", "variables": "{}"}', 400),
    "a name that is a number": (b'{"query": "{ __typename }", "operationName": 1}', 400),
    "extensions that are a text": (b'{"query": "{ __typename }", "extensions": "x"}', 400),
    "too much": (b'{"query": "' + b" " * (9 << 20) + b'"}', 413),
}


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream"])
@pytest.mark.parametrize("what", BODIES)
def test_a_malformed_body_is_a_clients_error_in_json(gateway: Client, what: str, accept: str) -> None:
    body, status = BODIES[what]
    response = post(gateway, body, {**JSON, "Accept": accept})
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    (error,) = response.json()["errors"]
    assert error["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize(
    "content_type",
    [
        "",
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data",
        "application/jsonp",
        "application/json; charset=utf-16",
    ],
)
def test_only_json_in_utf_8_is_accepted(gateway: Client, content_type: str) -> None:
    headers = {"Content-Type": content_type} if content_type else {}
    response = post(gateway, {"query": "{ __typename }"}, headers)
    assert response.status_code == 415
    assert "application/json" in response.json()["errors"][0]["message"]


@pytest.mark.parametrize(
    "content_type",
    [
        "application/json",
        "APPLICATION/JSON; Charset=UTF-8",
        'application/json;charset="utf-8"',
        "application/json;charset=utf8",
    ],
)
def test_json_in_utf_8_may_be_named_in_every_way_that_clients_do(gateway: Client, content_type: str) -> None:
    response = post(gateway, {"query": "{ __typename }"}, {"Content-Type": content_type})
    assert without_cost(response.json()) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("encoding", ["gzip", "GZIP", "x-gzip", "identity, gzip"])
def test_a_gzipped_body_is_unpacked(gateway: Client, encoding: str) -> None:
    body = json.dumps({"query": "{ __typename }"}).encode()
    for packed in (gzip.compress(body), gzip.compress(body[:9]) + gzip.compress(body[9:])):
        response = post(gateway, packed, {**JSON, "Content-Encoding": encoding})
        assert without_cost(response.json()) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("encoding", ["", "identity"])
def test_a_body_may_state_that_it_is_uncompressed(gateway: Client, encoding: str) -> None:
    response = post(gateway, {"query": "{ __typename }"}, {**JSON, "Content-Encoding": encoding})
    assert without_cost(response.json()) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize(
    ("encoding", "body", "status"),
    [
        ("gzip", b'{"query": "{ __typename }"}', 400),
        ("gzip", gzip.compress(b'{"query": "{ __typename }"}')[:-4], 400),
        ("gzip", gzip.compress(b'{"query": "{ __typename }"}') + b"x", 400),
        ("gzip", gzip.compress(b"") * 40_000, 400),
        ("gzip", b"", 400),
        ("gzip", gzip.compress(b" " * (9 << 20)), 413),
        ("br", b"x", 415),
        ("gzip, gzip", gzip.compress(gzip.compress(b'{"query": "{ __typename }"}')), 415),
    ],
    ids=["not packed", "cut off", "and more", "members without end", "nothing", "too large", "another way", "twice"],
)
def test_a_body_with_a_wrong_content_encoding_is_refused(
    gateway: Client, encoding: str, body: bytes, status: int
) -> None:
    response = post(gateway, body, {**JSON, "Content-Encoding": encoding})
    assert response.status_code == status
    assert response.json()["errors"][0]["extensions"]["code"] == "BAD_REQUEST"


@pytest.mark.parametrize("accept", ["*/*", "text/event-stream", APOLLO["Accept"], "application/graphql-response+json"])
def test_a_mutation_by_get_is_refused(gateway: Client, accept: str) -> None:
    response = httpx.get(f"{gateway.url}/graphql", params={"query": CREATE}, headers={"Accept": accept})
    assert (response.status_code, response.headers["allow"]) == (405, "POST")
    assert response.json()["errors"][0]["extensions"]["code"] == "METHOD_NOT_ALLOWED"
    assert no_runs(gateway)


def test_a_query_by_get_takes_its_variables_as_json(gateway: Client) -> None:
    document = "query($name: String!) { __type(name: $name) { name } }"
    parameters = {"query": document, "variables": '{"name": "JournalRun"}', "other": "x"}
    response = httpx.get(f"{gateway.url}/graphql", params=parameters)
    assert without_cost(response.json()) == {"data": {"__type": {"name": "JournalRun"}}}
    refused = httpx.get(f"{gateway.url}/graphql", params={**parameters, "variables": "{"})
    assert refused.status_code == 400
    twice = httpx.get(f"{gateway.url}/graphql", params=[("query", "{ __typename }"), ("query", RUNS)])
    assert twice.status_code == 400


def test_a_parameter_of_the_address_that_is_empty_counts_as_absent(gateway: Client) -> None:
    parameters = {"query": "{ __typename }", "variables": "", "operationName": "", "extensions": ""}
    assert without_cost(httpx.get(f"{gateway.url}/graphql", params=parameters).json()) == {
        "data": {"__typename": "Query"}
    }


@pytest.mark.parametrize("path", ["/graphql", "/v1/journal-runs"])
def test_a_client_that_disconnects_within_its_body_leaves_no_traceback(gateway: Client, path: str) -> None:
    host, port = gateway.url.removeprefix("http://").split(":")
    head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n"
    for _ in range(3):
        with socket.create_connection((host, int(port))) as connection:
            connection.sendall(head.encode() + b'{"query":')
    assert without_cost(post(gateway, {"query": "{ __typename }"}).json()) == {"data": {"__typename": "Query"}}


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "OPTIONS"])
def test_another_method_gets_the_allowed_ones(gateway: Client, method: str) -> None:
    response = httpx.request(method, f"{gateway.url}/graphql")
    assert (response.status_code, response.headers["allow"]) == (405, "GET, HEAD, POST")
    assert response.json()["errors"][0]["message"].startswith(f"{method} is not allowed")


def test_a_mutation_with_apollos_multipart_header_is_answered_in_json(gateway: Client) -> None:
    body = {"query": 'mutation { cancelJournalRun(input: { number: "JR-9" }) { errors { code } } }'}
    response = post(gateway, body, APOLLO)
    assert response.headers["content-type"] == "application/json"
    assert without_cost(response.json()) == {"data": {"cancelJournalRun": {"errors": [{"code": "UNKNOWN"}]}}}
    assert parts(post(gateway, body, MULTIPART)) == [response.json()]


def test_a_repeated_name_among_many_is_found_quickly(gateway: Client) -> None:
    names = "".join(f'"a{number}": 1, ' for number in range(50_000))
    body = f'{{"query": "{{ __typename }}", "variables": {{{names}"a49999": 2}}}}'
    begun = time.monotonic()
    assert post(gateway, body.encode()).status_code == 400
    assert time.monotonic() - begun < 10


def test_a_syntax_error_near_the_word_tokens_is_reported_as_a_syntax_error(gateway: Client) -> None:
    (error,) = post(gateway, {"query": "{ __typename } tokens"}).json()["errors"]
    assert error["message"] == "Syntax Error: Unexpected Name 'tokens'."


@pytest.mark.parametrize("accept", ["application/json", "text/event-stream", MULTIPART["Accept"]])
def test_head_is_answered_with_the_headers_of_get_alone(gateway: Client, accept: str) -> None:
    asked: dict[str, Any] = {"params": {"query": "{ __typename }"}, "headers": {"Accept": accept}}
    head = httpx.head(f"{gateway.url}/graphql", **asked)
    get = httpx.get(f"{gateway.url}/graphql", **asked)
    assert (head.status_code, head.content) == (get.status_code, b"")
    assert head.headers["content-type"] == get.headers["content-type"]


def test_the_page_is_not_served_as_json(gateway: Client) -> None:
    page = httpx.get(f"{gateway.url}/graphql", headers={"Accept": "text/html"})
    assert "Accept" in page.headers["vary"]
    assert page.headers["cache-control"] == "no-cache"


def test_an_operation_without_an_acceptable_format_is_not_executed(gateway: Client) -> None:
    response = post(gateway, {"query": CREATE}, {**JSON, "Accept": "text/html"})
    assert response.status_code == 406
    assert "application/graphql-response+json" in response.json()["errors"][0]["message"]
    assert no_runs(gateway)


def test_a_subscription_in_json_is_refused_with_the_formats_that_work(gateway: Client) -> None:
    body = {"query": 'subscription { journalRunUpdates(number: "JR-1") { number } }'}
    response = post(gateway, body)
    assert response.status_code == 200
    assert "text/event-stream" in response.json()["errors"][0]["message"]

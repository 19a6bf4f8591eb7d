"""The format of REST responses: headers and refusals."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from tests.support.client import Client
from tests.support.http import JSON
from tests.support.rest import RUN, Rest, reasons


@pytest.fixture(scope="module")
def rest(shared_client: Client) -> Iterator[Rest]:
    """A REST client of a gateway that requires no API key, and whose ledger stays without runs."""
    with Rest(shared_client.url) as connected:
        yield connected


def test_every_answer_can_be_found_again(rest: Rest) -> None:
    for method, path in (("GET", "/v1/journal-runs/JR-1"), ("GET", "/nowhere"), ("POST", "/oauth/token")):
        seen = set()
        for track_id in ("", "month end/10", "x" * 64):
            response = rest.http.request(method, path, headers={"Zuora-Track-Id": track_id})
            assert response.headers["Zuora-Track-Id"] == track_id
            seen.add(response.headers["Zuora-Request-Id"])
        assert len(seen) == 3
        assert "Zuora-Track-Id" not in rest.http.request(method, path).headers
    for bad in (b"x" * 65, b"a:b", b"a;b", b'a"b', b"a'b", "é".encode()):
        response = rest.http.get("/v1/accounting-codes", headers={b"Zuora-Track-Id": bad})
        ((code, message),) = reasons(response)
        assert code == 50000020
        assert message.startswith("Zuora-Track-Id: send at most 64 characters")
        assert "Zuora-Track-Id" not in response.headers


@pytest.mark.parametrize(
    "sent",
    ["text/plain", "application/x-www-form-urlencoded", "application/jsonx", "application/json; charset=latin1", None],
)
def test_a_body_that_is_not_sent_as_json_is_refused(rest: Rest, sent: str | None) -> None:
    headers = {} if sent is None else {"Content-Type": sent}
    found = "missing" if sent is None else repr(sent)
    expected = [(50000020, f"Content-Type is {found}; send application/json, in UTF-8.")]
    content = json.dumps(RUN).encode()
    for method, path in (("POST", "/v1/journal-runs"), ("PUT", "/v1/journal-runs/JR-00000001/cancel")):
        assert reasons(rest.http.request(method, path, content=content, headers=headers), 415) == expected
    assert rest.send("GET", "/v1/journal-runs/JR-00000001")["success"] is False


def test_json_is_recognised_in_any_case_and_with_parameters(rest: Rest) -> None:
    for sent in ("APPLICATION/JSON", "application/json;charset=UTF-8", 'application/json; charset="utf-8"; v=1'):
        response = rest.http.post("/v1/journal-runs", content=b"{", headers={"Content-Type": sent})
        assert [code for code, _ in reasons(response)] == [50000090]


def test_a_token_is_issued_for_a_form_alone(rest: Rest) -> None:
    form = b"grant_type=client_credentials&client_id=a&client_secret=b"
    for sent, status in (("text/plain", 415), ("application/json", 415), ("Application/X-WWW-Form-Urlencoded", 401)):
        response = rest.http.post("/oauth/token", content=form, headers={"Content-Type": sent})
        assert response.status_code == status
        assert (f"Content-Type is '{sent}'; send a form" in response.json()["message"]) is (status == 415)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"", [(50000090, "Invalid JSON: EOF while parsing a value at line 1 column 0")]),
        (b"{", [(50000090, "Invalid JSON: EOF while parsing an object at line 1 column 1")]),
        (b"\xff", [(50000090, "Invalid JSON: expected value at line 1 column 1")]),
        (b"[]", [(50000020, "Input should be an object")]),
        (
            b'{"transactionTypes": ["Invoice Item", {"typ": "Invoice Item"}], "journalEntryDate": 20241231, "x": 1}',
            [
                (50000020, "journalEntryDate: Input should be a valid date"),
                (50000020, "transactionTypes[0]: Input should be an object"),
                (50000022, "transactionTypes[1].type: This field is required."),
                (50000021, "transactionTypes[1].typ: There is no such field."),
                (50000021, "x: There is no such field."),
            ],
        ),
        *(
            (
                f'{{"journalEntryDate": "{day}"}}'.encode(),
                [(50000020, f"journalEntryDate: {day!r} is not a date; use the format 2024-12-31.")],
            )
            for day in ("2024-02-30", "20241231", "2024-W01-1", "86400", "2024-12-31T00:00:00", "0000-01-01", "")
        ),
    ],
)
def test_a_body_that_is_not_as_described_is_refused_with_every_fault(
    rest: Rest, body: bytes, expected: list[tuple[int, str]]
) -> None:
    assert reasons(rest.http.post("/v1/journal-runs", content=body, headers=JSON)) == expected


def test_an_unknown_path_has_the_same_error_format(rest: Rest) -> None:
    assert reasons(rest.http.get("/v1/invoices"), 404) == [
        (50000040, "There is no path /v1/invoices; /openapi.json lists the operations.")
    ]
    response = rest.http.patch("/v1/journal-runs")
    assert reasons(response, 405) == [
        (50000045, "PATCH is not allowed for /v1/journal-runs; /openapi.json lists the operations.")
    ]
    assert response.headers["Allow"] == "POST"


def test_an_internal_error_and_a_busy_ledger_have_the_same_error_format(
    rest: Rest, monkeypatch: pytest.MonkeyPatch
) -> None:
    from resolvers.context import Gateway
    from resolvers.errors import Unavailable

    async def busy(*_args: Any) -> None:
        raise Unavailable("The ledger is busy.")

    async def broken(*_args: Any) -> None:
        raise RuntimeError("a secret of the inside")

    monkeypatch.setattr(Gateway, "write", busy)
    assert reasons(rest.http.post("/v1/journal-runs", json=RUN), 503) == [(50000061, "The ledger is busy.")]
    monkeypatch.setattr(Gateway, "write", broken)
    ((code, message),) = reasons(rest.http.post("/v1/journal-runs", json=RUN), 500)
    assert code == 50000060
    assert "secret" not in message

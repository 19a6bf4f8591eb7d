"""The format of REST responses: headers, compression, pages, and refusals."""

import gzip
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.limits import MAX_BODY_BYTES
from storage.database import Database
from tests.support.client import Client
from tests.support.http import JSON
from tests.support.ledger import line, post
from tests.support.rest import Rest

COUNTRIES = [f"C{number:02}" for number in range(23)]
RUN = {
    "accountingPeriodName": "Dec 2024",
    "journalEntryDate": "2024-12-31",
    "transactionTypes": [{"type": "Invoice Item"}],
}


@pytest.fixture
def rest(client: Client) -> Iterator[Rest]:
    """A REST client of a gateway that requires no API key."""
    with Rest(client.url) as connected:
        yield connected


@pytest.fixture
def many_entries(client: Client) -> str:
    """A completed run of 23 entries."""
    post(client.database, [line(country, segment_country=country) for country in COUNTRIES])
    return str(client.completed()["number"])


def reasons(response: httpx.Response, status: int = httpx.codes.OK) -> list[tuple[int, str]]:
    """Why the request was refused, after checking that the refusal has the published shape."""
    assert (response.status_code, response.headers["content-type"]) == (status, "application/json")
    body = response.json()
    assert list(body) == ["success", "processId", "requestId", "reasons"]
    assert body["success"] is False
    assert re.fullmatch("[0-9A-F]{16}", body["processId"])
    assert body["requestId"] == response.headers["Zuora-Request-Id"]
    assert all(list(reason) == ["code", "message"] for reason in body["reasons"])
    return [(reason["code"], reason["message"]) for reason in body["reasons"]]


def test_a_run_has_exactly_the_published_fields(rest: Rest, client: Client) -> None:
    post(client.database, [line("a", organization="North")])
    created = rest.send("POST", "/v1/journal-runs", {**RUN, "organizationLabels": [{"organizationId": "North"}]})
    assert created == {"success": True, "journalRunNumber": "JR-00000001"}
    run = rest.wait("JR-00000001", "Completed")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", run.pop("executedOn"))
    assert run == {
        "success": True,
        "number": "JR-00000001",
        "status": "Completed",
        "journalEntryDate": "2024-12-31",
        "targetStartDate": "2024-12-01",
        "targetEndDate": "2024-12-31",
        "totalJournalEntryCount": 1,
        "aggregateCurrency": False,
        "segmentationRuleName": "By country",
        "organizationLabels": [{"organizationName": "North"}],
        "transactionTypes": [{"type": "Invoice Item"}],
    }
    entry = rest.send("GET", "/v1/journal-entries/JE-00000001")
    assert entry == {
        "success": True,
        "accountingPeriodName": "Dec 2024",
        "aggregateCurrency": False,
        "currency": "GBP",
        "homeCurrency": None,
        "journalEntryDate": "2024-12-31",
        "journalEntryItems": [
            {
                "accountingCodeName": name,
                "accountingCodeType": "OtherAssets",
                "amount": "10.00",
                "glAccountName": None,
                "glAccountNumber": number,
                "homeCurrencyAmount": None,
                "type": side,
            }
            for name, number, side in (("Accounts Receivable", "1000", "Debit"), ("Sales", "1002", "Credit"))
        ],
        "notes": None,
        "number": "JE-00000001",
        "organizationLabel": "North",
        "segments": [{"segmentName": "country", "segmentValue": "UK"}],
        "status": "Created",
        "timePeriodEnd": "2024-12-31",
        "timePeriodStart": "2024-12-01",
        "transactionType": "Invoice Item",
        "transferDateTime": None,
        "transferredBy": None,
        "transferredToAccounting": "No",
    }
    del entry["success"]
    listed = rest.send("GET", "/v1/journal-entries/journal-runs/JR-00000001")
    assert listed == {"success": True, "journalEntries": [entry]}


def test_pages_have_numbers_and_the_next_is_found_by_its_cursor(rest: Rest, many_entries: str) -> None:
    path = f"/v1/journal-entries/journal-runs/{many_entries}"
    whole = rest.entries(many_entries)
    assert [entry["segments"][0]["segmentValue"] for entry in whole] == COUNTRIES
    for size in (1, 7, 22, 23, 24):
        assert rest.entries(many_entries, size) == whole

    page = rest.send("GET", path)
    assert page["journalEntries"] == whole[:8], "eight at once, as published"
    following = urlsplit(page["nextPage"])
    assert (following.scheme, following.path) == ("http", path)
    assert parse_qs(following.query).keys() == {"page", "pageSize", "cursor"}

    for number, expected in ((1, whole[:10]), (2, whole[10:20]), (3, whole[20:]), (4, []), (10**9, [])):
        assert rest.send("GET", f"{path}?page={number}&pageSize=10")["journalEntries"] == expected
    for none in ("", "0", "-1", "ten", "1.5", "٣"):
        assert len(rest.send("GET", f"{path}?pageSize={none}")["journalEntries"]) == 8
    assert len(rest.send("GET", f"{path}?pageSize=99999999999999999999999")["journalEntries"]) == 8
    assert len(rest.send("GET", f"{path}?pageSize=100000")["journalEntries"]) == 23
    for none in ("0", "-1", "two", "1000000001"):
        ((code, message),) = reasons(rest.http.get(path, params={"page": none}))
        assert (code, message) == (
            50000027,
            f"page: {none!r} is not a page number; use a number from 1 to 1000000000.",
        )
    ((code, message),) = reasons(rest.http.get(path, params={"cursor": "made up"}))
    assert (code, message) == (50000020, "'made up' is not a cursor of this list; use one that it returned.")


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


def test_bodies_are_gzipped_in_both_directions(rest: Rest, many_entries: str) -> None:
    path = f"/v1/journal-entries/journal-runs/{many_entries}"
    packed = rest.http.get(path, headers={"Accept-Encoding": "gzip"})
    plain = rest.http.get(path, headers={"Accept-Encoding": "identity"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert packed.json() == plain.json()
    short = rest.http.get(f"/v1/journal-runs/{many_entries}", headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in short.headers, "a short answer is not worth packing"

    notes = "/v1/journal-entries/JE-00000001/basic-information"
    content = gzip.compress(json.dumps({"notes": "packed"}).encode())
    gzipped = {**JSON, "Content-Encoding": "gzip"}
    assert rest.http.put(notes, content=content, headers=gzipped).json() == {"success": True}
    assert rest.send("GET", "/v1/journal-entries/JE-00000001")["notes"] == "packed"

    for broken in (b"{}", content[:-4], content + b"x"):
        ((code, message),) = reasons(rest.http.put(notes, content=broken, headers=gzipped))
        assert (code, "gzip" in message) == (50000090, True)
    ((code, message),) = reasons(rest.http.put(notes, content=content, headers={**JSON, "Content-Encoding": "br"}))
    assert (code, message.startswith("Content-Encoding: 'br' is not supported")) == (50000020, True)
    bomb = gzip.compress(b'{"notes": "' + b" " * 100 * MAX_BODY_BYTES + b'"}')
    for too_large, headers in ((bomb, gzipped), (b" " * (MAX_BODY_BYTES + 1), JSON)):
        ((code, message),) = reasons(rest.http.put(notes, content=too_large, headers=headers), 413)
        assert (code, message) == (50000020, "The body is too large; send at most 1,048,576 bytes.")
    assert rest.send("GET", "/v1/journal-entries/JE-00000001")["notes"] == "packed"


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


def test_a_text_that_no_database_stores_is_a_clients_error(rest: Rest, many_entries: str) -> None:
    for body in (b'{"notes": "a\\u0000b"}', b'{"notes": "\\ud800"}'):
        response = rest.http.put("/v1/journal-entries/JE-00000001/basic-information", content=body, headers=JSON)
        assert response.status_code == httpx.codes.OK, response.text
    assert reasons(rest.http.get("/v1/journal-runs/%00"))
    assert reasons(rest.http.get("/v1/journal-runs/%ff"))
    assert reasons(rest.http.get("/v1/journal-runs/a%0Ab"))
    assert reasons(rest.http.get(f"/v1/accounting-codes/{'9' * 30}"))


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
    rest: Rest, database: Database, monkeypatch: pytest.MonkeyPatch
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

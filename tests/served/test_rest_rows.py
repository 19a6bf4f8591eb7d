"""REST responses about runs and entries: their fields, pages and compression."""

import gzip
import json
import re
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from gateway.limits import MAX_BODY_BYTES
from tests.support.client import Client
from tests.support.http import JSON
from tests.support.ledger import line, post
from tests.support.rest import RUN, Rest, reasons

COUNTRIES = [f"C{number:02}" for number in range(23)]


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


def test_a_text_that_no_database_stores_is_a_clients_error(rest: Rest, many_entries: str) -> None:
    for body in (b'{"notes": "a\\u0000b"}', b'{"notes": "\\ud800"}'):
        response = rest.http.put("/v1/journal-entries/JE-00000001/basic-information", content=body, headers=JSON)
        assert response.status_code == httpx.codes.OK, response.text
    assert reasons(rest.http.get("/v1/journal-runs/%00"))
    assert reasons(rest.http.get("/v1/journal-runs/%ff"))
    assert reasons(rest.http.get("/v1/journal-runs/a%0Ab"))
    assert reasons(rest.http.get(f"/v1/accounting-codes/{'9' * 30}"))

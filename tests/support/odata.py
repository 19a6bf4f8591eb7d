"""A client of the OData service, over a real socket."""

import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx

from tests.support.client import Client
from tests.support.ledger import line, post

PATIENCE_SECONDS = 60

LINES = [
    line("a", amount="12.50"),
    line("b/'1'", amount="0.01", organization="North & Co", document_number="INV-1"),
    line("c", amount="700", currency="JPY", segment_country=""),
    line("d", amount="99999999999999.99", transaction_date="2024-12-31", segment_country="Größe + x"),
    line("e", amount="-3.00", transaction_date="2025-01-02", document_number="inv-2"),
]


class OData:
    """Sends requests to the OData service of a served gateway; numbers are read as exact decimals."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.root = f"{url}/odata/"
        self.http = httpx.Client(base_url=self.root, headers=headers, timeout=PATIENCE_SECONDS)

    def get(self, path: str, headers: dict[str, str] | None = None, /, **options: object) -> httpx.Response:
        """The response; the names of options get their `$`."""
        given = {f"${name}": str(value) for name, value in options.items() if value is not None}
        return self.http.get(path, params=given or None, headers=headers)

    def read(self, path: str, headers: dict[str, str] | None = None, /, **options: object) -> Any:
        """The body of the response, which must be a success."""
        return body_of(self.get(path, headers, **options))

    def rows(self, path: str, size: int | None = None, /, **options: object) -> list[dict[str, Any]]:
        """The rows of all pages; each but the last is full."""
        found = []
        for page in self.pages(path, size, **options):
            found += page["value"]
        return found

    def pages(self, path: str, size: int | None = None, /, **options: object) -> Iterator[dict[str, Any]]:
        """The pages, each of which has the address of the next."""
        headers = None if size is None else {"Prefer": f"odata.maxpagesize={size}"}
        page = self.read(path, headers, **options)
        while True:
            yield page
            if "@odata.nextLink" not in page:
                return
            assert size is None or len(page["value"]) == size
            page = body_of(self.http.get(page["@odata.nextLink"], headers=headers))

    def refused(self, path: str, status: int, **options: object) -> tuple[str, str]:
        """The code and message of a refusal, which must have this status and OData's format."""
        return refusal_of(self.get(path, **options), status)

    def __enter__(self) -> "OData":
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()


def service_of_five(client: Client) -> OData:
    """The service of a gateway with five transactions, four of them in the entries of a run."""
    post(client.database, LINES)
    client.completed()
    return OData(client.url)


def nested(depth: int, condition: str) -> str:
    """A filter with conditions so deep inside each other, joined by `and` and `or` in turn."""
    text = condition
    for level in range(depth):
        text = f"{condition} {'and' if level % 2 else 'or'} ({text})"
    return text


def body_of(response: httpx.Response) -> Any:
    """The body of a success, with its numbers as they are written."""
    assert response.status_code == httpx.codes.OK, (response.status_code, response.text)
    assert response.headers["OData-Version"] == "4.0"
    return json.loads(response.text, parse_float=Decimal)


def refusal_of(response: httpx.Response, status: int) -> tuple[str, str]:
    """The code and message of a refusal."""
    assert response.status_code == status, (response.status_code, response.text)
    assert response.headers["OData-Version"] == "4.0"
    assert response.headers["Content-Type"] == "application/json"
    body = response.json()
    assert list(body) == ["error"]
    assert list(body["error"]) == ["code", "message"]
    return body["error"]["code"], body["error"]["message"]

"""A reporting tool: it reads the views page by page, and keeps the last state of each row."""

from collections.abc import Iterator
from typing import Any, Self

import httpx

from tests.support.client import Client
from tests.support.ledger import line, post

PATIENCE_SECONDS = 30
VIEWS = [
    "journal_runs", "journal_entries", "journal_entry_items", "transactions", "accounting_codes", "accounting_periods",
]  # fmt: skip

_COUNTRIES = ["UK", "France", "Germany"]
_CURRENCIES = [("GBP", "10.05", ""), ("JPY", "1200", "0.0053"), ("KWD", "7.125", "2.55")]

LINES = [
    line(
        f"T{number}",
        amount=_CURRENCIES[number % 3][1],
        currency=_CURRENCIES[number % 3][0],
        exchange_rate=_CURRENCIES[number % 3][2],
        segment_country=_COUNTRIES[number % 3],
        transaction_date="2024-12-05" if number % 2 else "2025-01-05",
        document_number=["=1+1", "-75.63", 'a, "b" c', ""][number % 4],
    )
    for number in range(24)
]
"""Transactions of two months and three countries, in currencies with 2, 0 and 3 decimals."""

Item = dict[str, Any]


class Reader:
    """Reads the views of a served gateway."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None) -> None:
        self.http = httpx.Client(base_url=f"{url}/bi", auth=auth, timeout=PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.http.close()

    def get(self, path: str, *parameters: tuple[str, str], **named: Any) -> Any:
        """The JSON of an answer with HTTP status 200."""
        response = self.http.get(path, params=[*parameters, *((name, str(value)) for name, value in named.items())])
        assert response.status_code == httpx.codes.OK, (response.status_code, response.text)
        return response.json()

    def pages(self, view: str, *parameters: tuple[str, str], **named: Any) -> Iterator[list[Item]]:
        """The items of each page to the last."""
        cursor: str | None = None
        while True:
            given = parameters if cursor is None else (*parameters, ("cursor", cursor))
            page = self.get(view, *given, **named)
            assert sorted(page) == ["as_of", "items", "next_cursor"]
            yield page["items"]
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def items(self, view: str, *parameters: tuple[str, str], **named: Any) -> list[Item]:
        """The items of all pages."""
        return [item for page in self.pages(view, *parameters, **named) for item in page]

    def refused(self, path: str, *parameters: tuple[str, str], **named: Any) -> tuple[int, str]:
        """The HTTP status and the message of a refusal."""
        given = httpx.QueryParams([*parameters, *((name, str(value)) for name, value in named.items())])
        response = self.http.get(path, params=given or None)  # empty ones would replace those of the path
        body = response.json()
        assert list(body) == ["message"], (path, body)
        return response.status_code, body["message"]


def reader_of_lines(client: Client) -> Reader:
    """Of a ledger with a run of December over these lines."""
    post(client.database, LINES)
    client.completed()
    return Reader(client.url)


def latest(items: list[Item]) -> dict[str, Item]:
    """The last state of each row by its id, without what is deleted."""
    return {item["id"]: item for item in {item["id"]: item for item in items}.values() if not item["deleted"]}

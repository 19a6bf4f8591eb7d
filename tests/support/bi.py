"""A reporting tool: it reads the views page by page, and keeps the last state of each row."""

from collections.abc import Iterator
from typing import Any

import httpx

PATIENCE_SECONDS = 30

Item = dict[str, Any]


class Reader:
    """Reads the views of a served gateway."""

    def __init__(self, url: str, auth: tuple[str, str] | None = None) -> None:
        self.http = httpx.Client(base_url=f"{url}/bi", auth=auth, timeout=PATIENCE_SECONDS)

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


def latest(items: list[Item]) -> dict[str, Item]:
    """The last state of each row by its id, without what is deleted."""
    return {item["id"]: item for item in {item["id"]: item for item in items}.values() if not item["deleted"]}

"""A client of the REST interface, over a real socket."""

import re
import time
from types import TracebackType
from typing import Any

import httpx

PATIENCE_SECONDS = 30
RUN = {
    "accountingPeriodName": "Dec 2024",
    "journalEntryDate": "2024-12-31",
    "transactionTypes": [{"type": "Invoice Item"}],
}


class Rest:
    """Sends REST requests to a served gateway."""

    def __init__(self, url: str, token: str | None = None) -> None:
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self.http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_SECONDS)

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The body of the response, whose HTTP status is 200. Header names are written with underscores."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        response = self.http.request(method, path, json=body, headers=named)
        assert response.status_code == httpx.codes.OK, (response.status_code, response.text)
        return response.json()

    def run(self, number: str) -> Any:
        """The current state of the run, or the refusal."""
        return self.send("GET", f"/v1/journal-runs/{number}")

    def entries(self, number: str, size: int = 300) -> list[Any]:
        """The run's entries, page by page."""
        found: list[Any] = []
        url: str | None = f"/v1/journal-entries/journal-runs/{number}?pageSize={size}"
        while url is not None:
            page = self.send("GET", url)
            assert len(page["journalEntries"]) <= size
            found += page["journalEntries"]
            url = page.get("nextPage")
        return found

    def wait(self, number: str, *statuses: str) -> Any:
        """The run, once it is in one of these statuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            run = self.run(number)
            if run.get("status") in statuses:
                return run
            assert time.monotonic() < deadline, f"run {number} did not become {statuses}: {run}"
            time.sleep(0.02)

    def __enter__(self) -> "Rest":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.http.close()


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

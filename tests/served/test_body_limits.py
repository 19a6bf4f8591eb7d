"""`--max-body-bytes` bounds the bodies of GraphQL and of REST, and the messages of a WebSocket."""

import json
from pathlib import Path

import httpx
import pytest

from storage.database import Database
from tests.support.client import Client
from tests.support.processes import running
from tests.support.websocket import subscribe, talk

LARGEST = 20_000
RUNS = "{ journalRuns { totalCount } }"


def document(length: int) -> str:
    """A request of so many bytes."""
    empty = json.dumps({"query": RUNS, "variables": {"a": ""}})
    return json.dumps({"query": RUNS, "variables": {"a": "x" * (length - len(empty))}})


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_body_is_as_large_as_the_option_says(database: Database, tmp_path: Path) -> None:
    options = ("--database", database.url.render_as_string(hide_password=False), "--max-body-bytes", str(LARGEST))
    told = "The body is too large; send at most 20,000 bytes."
    with running(tmp_path, "serve", *options) as (_, url), httpx.Client(base_url=url) as http:
        sent = {"Content-Type": "application/json"}
        answer = http.post("/graphql", content=document(LARGEST), headers=sent).json()
        assert answer["data"] == {"journalRuns": {"totalCount": 0}}
        refused = http.post("/graphql", content=document(LARGEST + 1), headers=sent)
        assert (refused.status_code, refused.json()["errors"][0]["message"]) == (413, told)
        run = json.dumps({"accountingPeriodName": "x" * LARGEST})
        refused = http.post("/v1/journal-runs", content=run, headers=sent)
        assert (refused.status_code, refused.json()["reasons"][0]["message"]) == (413, told)
        with Client(url, database) as client:
            answers, code, _ = talk(client, subscribe(query=RUNS, variables={"a": "x" * (LARGEST - 500)}))
            assert ([answer["type"] for answer in answers], code) == (["next", "complete"], None)
            answers, code, _ = talk(client, subscribe(query=RUNS, variables={"a": "x" * LARGEST}))
            assert (answers, code) == ([], 1009)

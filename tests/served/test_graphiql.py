"""The page at /graphql and what it loads, without a browser; tests/clients/test_page.py has one."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from gateway import graphiql
from gateway.application import Application
from gateway.operations import DEMO_TABS, TABS
from schema.schema import SDL_PATH
from storage.database import Database
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served

HTML = {"Accept": "text/html"}
UNBUILT = """
import sys
from pathlib import Path
from gateway import graphiql
graphiql.ASSETS = Path("none")
from gateway.command_line import main
main()
"""

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


def loaded(page: str) -> list[str]:
    """The URLs that a browser requests for the page."""
    scripts = re.findall(r'<script [^>]*src="([^"]+)"', page)
    return scripts + re.findall(r'<link rel="stylesheet" href="([^"]+)"', page)


@pytest.mark.parametrize("built", [True, False])
def test_everything_the_page_loads_exists_and_an_unknown_asset_is_not_found(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, built: bool
) -> None:
    assets = tmp_path / "assets"
    if built:
        assets.mkdir()
        for name in ("graphiql.js", "graphiql.css"):
            (assets / name).write_text("/* bundled */")
    monkeypatch.setattr(graphiql, "ASSETS", assets)
    with served(Application(database), database) as client, httpx.Client(base_url=client.url) as http:
        addresses = loaded(http.get("/graphql", headers=HTML).text)
        assert ("/graphiql/assets/graphiql.js" in addresses) is built
        for address in addresses:
            assert address.startswith("/graphiql/"), "nothing is asked of another host"
            assert http.get(address).status_code == 200
        for missing in ("/graphiql/assets/none.js", "/graphiql/assets/", "/graphiql/none", "/graphiql/__init__.py"):
            assert http.get(missing).status_code == 404, missing
        assert http.get("/graphiql/schema.graphql").text == SDL_PATH.read_text()


def test_the_start_says_in_a_line_that_graphiql_is_not_built(database_url: str, tmp_path: Path) -> None:
    arguments = ["serve", "--port", "0", "--database", database_url]
    with subprocess.Popen(
        [sys.executable, "-c", UNBUILT, *arguments], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline().startswith("Journal Gateway on http://127.0.0.1:")
            told = process.stdout.readline()
        finally:
            process.terminate()
    assert told == f"GraphiQL is not built; the page offers a plain form. To build GraphiQL, {graphiql.HOW_TO_BUILD}.\n"


def test_the_tabs_of_a_real_ledger_name_nothing_in_it_and_change_nothing_unchanged(client: Client) -> None:
    post(client.database, [line("a")])
    client.completed()
    post(client.database, [line("b")])
    everything = """{ journalRuns { nodes { number status } }
      journalEntries { nodes { number status transferredToAccounting } } }"""
    before = client.query(everything)
    for tab in TABS:
        assert not re.search(r"J[RE]-\d", tab.query + tab.variables)
        is_mutation = re.search("^mutation", tab.query, re.MULTILINE) is not None
        assert is_mutation == ("Changes the ledger" in tab.query)
        if "subscription" not in tab.query:
            answer = client.send(tab.query, json.loads(tab.variables) if tab.variables else None)
            assert ("errors" in json.dumps(answer)) == bool(tab.variables and "runNumber" not in tab.variables)
    assert client.query(everything) == before
    assert any("JR-00000001" in tab.query for tab in DEMO_TABS)

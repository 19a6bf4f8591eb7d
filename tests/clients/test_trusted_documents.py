"""Trusted documents: only the manifests of Apollo's and Relay's compilers run, and each client sends ids."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from tests.clients.compiling import relay_program, tool, workshop
from tests.clients.conftest import Guarded, guarded_gateway
from tests.clients.programs import DOCUMENTS, run
from tests.clients.scene import assert_went_through, new_run
from tests.support.processes import running


@contextmanager
def trusting(manifest: Path, guarded: Guarded) -> Iterator[str]:
    """The URL of a guarded gateway, in its own process, that runs only documents in the manifest."""
    database = guarded.client.database.url.render_as_string(hide_password=False)
    options = ["--require-api-key", "--trusted-documents", str(manifest)]
    with running(manifest.parent, "serve", "--database", database, *options) as (_, url):
        yield url


def assert_refuses_others(url: str, guarded: Guarded) -> None:
    """A document that is not in the manifest is refused, by text and by hash."""
    headers = {"Authorization": f"Bearer {guarded.token}"}
    by_hash = {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}}
    for body in ({"query": "{ __typename }"}, by_hash, {"doc_id": "unknown"}):
        answer = httpx.post(f"{url}/graphql", json=body, headers=headers).json()
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["DOCUMENT_NOT_TRUSTED"]
        assert answer.get("data") is None


@pytest.mark.parametrize("client", ["apollo", "relay"])
def test_only_trusted_documents_run(client: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    if client == "apollo":
        folder = workshop(tmp_path)
        for document in DOCUMENTS.glob("*.graphql"):
            shutil.copy(document, folder)
        tool(folder, "@apollo/generate-persisted-query-manifest/cli.js")
        manifest, program = folder / "persisted-query-manifest.json", folder / "apollo-trusted.mjs"
    else:
        program = relay_program(tmp_path, persisted=True)
        manifest = program.with_name("persisted.json")
    with guarded_gateway(tmp_path) as guarded:
        prepared = new_run(guarded.client, request.node.name)
    with trusting(manifest, guarded) as url:
        told = run(program, url=url, token=guarded.token, run=prepared.number)
        assert_refuses_others(url, guarded)
        assert_went_through(told, prepared)

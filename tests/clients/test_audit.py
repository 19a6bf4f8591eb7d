"""GraphQL over HTTP, by the audit of the standard's reference implementation."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.clients.conftest import Guarded
from tests.clients.programs import NPM, Line, run
from tests.support.processes import running

CLAUSES = 61


def assert_all_pass(told: list[Line]) -> None:
    """Every clause of the audit passes, including those that are only warnings."""
    failed = [line for line in told if line.kind != "ok"]
    assert not failed, "\n".join(f"{kind}: {clause}" for kind, clause in failed)
    assert len(told) == CLAUSES


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[str]:
    """The URL of the demo, in its own process."""
    with running(tmp_path, "demo") as (_, url):
        yield url


def test_the_demo_passes_the_audit_of_graphql_over_http(demo: str) -> None:
    assert_all_pass(run(NPM / "audit.mjs", url=demo))


def test_a_guarded_gateway_passes_the_audit_of_graphql_over_http(guarded: Guarded) -> None:
    assert_all_pass(run(NPM / "audit.mjs", url=guarded.client.url, token=guarded.token))

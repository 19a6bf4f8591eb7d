"""The OpenAPI description: valid, complete, and true for every request."""

import os
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import requests
from hypothesis import HealthCheck, Phase, given, settings

from gateway.application import Application
from gateway.authentication import Authentication
from gateway.rest.application import ENDPOINTS, routes
from gateway.rest.openapi import description
from gateway.rest.refusals import Category
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.settled import settled

if TYPE_CHECKING:
    from schemathesis import Case
    from schemathesis.core.transport import Response

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""How many requests are made up; `make fuzz` asks for many, and for other ones each time."""
USUAL_EXAMPLES = 100


def test_it_is_valid_and_served(client: Client) -> None:
    from tests.support.made_up import DESCRIBED

    DESCRIBED.validate()
    served = httpx.get(f"{client.url}/openapi.json").json()
    assert served == description(ENDPOINTS)


def test_it_describes_exactly_the_served_operations(client: Client) -> None:
    gateway = Application(client.database).gateway
    there = {
        (method, route.path.replace("_", "-"))
        for route in routes(gateway, gateway, Authentication(gateway, required=False))
        for method in (route.methods or set()) - {"HEAD"}
    }
    told = {
        (method.upper(), path) for path, operations in description(ENDPOINTS)["paths"].items() for method in operations
    }
    assert there - told == {("GET", "/openapi.json")}
    assert told <= there


def assert_published_format(response: "Response") -> None:
    """Every response has a request id, and a refusal has reasons with known categories."""
    assert response.headers["zuora-request-id"][0]
    body = response.json()
    if body.get("success") is False:
        assert body["requestId"] == response.headers["zuora-request-id"][0]
        assert body["reasons"]
        for reason in body["reasons"]:
            resource, category = divmod(reason["code"], 100)
            assert resource == 500_000
            assert category in set(Category) - {Category.FAULT}
            assert reason["message"]


# schemathesis generates some values with `random`, which Hypothesis seeds, and warns about.
@pytest.mark.filterwarnings("ignore:Do not use the `random` module:hypothesis.errors.HypothesisDeprecationWarning")
def test_every_request_is_answered_as_described_and_the_ledger_stays_consistent(client: Client) -> None:
    from tests.support.made_up import CHECKS, has_broken_body, made_up

    post(client.database, [line(country, segment_country=country) for country in ("AT", "BE", "CH")])
    post(client.database, [line("north", organization="North", transaction_date="2025-01-05")])
    client.completed()
    session = requests.Session()

    @settings(
        max_examples=EXAMPLES or USUAL_EXAMPLES,
        derandomize=not EXAMPLES,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(case=made_up())
    def send(case: "Case[Any]") -> None:
        response = case.call(base_url=client.url, session=session)
        case.validate_response(response, checks=CHECKS)
        assert_published_format(response)
        if has_broken_body(case):
            assert response.json().get("success") is not True, case.as_curl_command()

    try:
        send()
    finally:
        session.close()
    ledger = settled(client)
    assert {run["status"] for run in ledger["journalRuns"]["nodes"]} <= {"COMPLETED", "CANCELLED"}
    taken = client.query("{ journalEntries(first: 1000) { nodes { status totalDebit totalCredit } } }")
    for entry in taken["journalEntries"]["nodes"]:
        assert entry["totalDebit"] == entry["totalCredit"]

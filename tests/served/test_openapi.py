"""The OpenAPI description: valid, complete, and true for every request."""

import os
from typing import Any

import httpx
import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.core.transport import Response
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.application import Application
from gateway.authentication import Authentication
from gateway.rest.application import ENDPOINTS, routes
from gateway.rest.openapi import description
from gateway.rest.refusals import Category
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.settled import settled

EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "0"))
"""How many requests are made up; `make fuzz` asks for many, and for other ones each time."""
USUAL_EXAMPLES = 100

CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]
KNOWN = {
    "jr-number": ["JR-00000001", "JR-00000002", "JR-00000003"],
    "je-number": ["JE-00000001", "JE-00000002", "JE-00000005"],
    "ap-id": ["1", "4"],
    "ac-id": ["1", "6"],
}
LIKELY: dict[str, list[Any]] = {
    "accountingPeriodName": ["Dec 2024", "Jan 2025", "Open-Ended"],
    "journalEntryDate": ["2024-12-31", "2025-01-31"],
    "targetStartDate": ["2024-12-01", "2024-12-05"],
    "targetEndDate": ["2024-12-31", "2024-12-05"],
    "organizationLabels": [[], [{"organizationName": "North"}]],
    "transactionTypes": [[{"type": "Invoice Item"}], [{"type": "Revenue Event Item"}]],
}


def described() -> schemathesis.BaseSchema:
    """The description, as schemathesis reads it."""
    return from_dict(description(ENDPOINTS))


def test_it_is_valid_and_served(client: Client) -> None:
    described().validate()
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


def has_broken_body(case: schemathesis.Case[Any]) -> bool:
    """Whether the body was generated to violate the description."""
    part = None if case.meta is None else case.meta.components.get(ParameterLocation.BODY)
    return part is not None and part.mode is GenerationMode.NEGATIVE


@st.composite
def made_up(draw: st.DrawFn) -> schemathesis.Case[Any]:
    """A request that matches the description, or violates it somewhere; often with values from the ledger."""
    mode = draw(st.sampled_from(GenerationMode))
    case = draw(SCHEMA.as_strategy(generation_mode=mode))
    for name in case.path_parameters or {}:
        if draw(st.booleans()):
            case.path_parameters[name] = draw(st.sampled_from(KNOWN[name]))
    if isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
        for name in case.body.keys() & LIKELY.keys():
            if draw(st.integers(0, 3)):
                case.body[name] = draw(st.sampled_from(LIKELY[name]))
    return case


SCHEMA = described()


def assert_published_format(response: Response) -> None:
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
    post(client.database, [line(country, segment_country=country) for country in ("AT", "BE", "CH")])
    post(client.database, [line("north", organization="North", transaction_date="2025-01-05")])
    client.completed()
    session = requests.Session()

    @settings(
        max_examples=EXAMPLES or USUAL_EXAMPLES,
        derandomize=not EXAMPLES,
        deadline=None,
        database=None,
        phases=[Phase.explicit, Phase.generate, Phase.shrink],
        suppress_health_check=list(HealthCheck),
        print_blob=True,
    )
    @given(case=made_up())
    def send(case: schemathesis.Case[Any]) -> None:
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

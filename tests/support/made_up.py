"""Requests that schemathesis makes up from the OpenAPI description. Importing it takes seconds, so a test does that."""

from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis.checks import not_a_server_error
from schemathesis.core.parameters import ParameterLocation
from schemathesis.generation import GenerationMode
from schemathesis.openapi import from_dict
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gateway.rest.application import ENDPOINTS
from gateway.rest.openapi import description

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

DESCRIBED = from_dict(description(ENDPOINTS))
"""The description, as schemathesis reads it."""


def has_broken_body(case: schemathesis.Case[Any]) -> bool:
    """Whether the body was generated to violate the description."""
    part = None if case.meta is None else case.meta.components.get(ParameterLocation.BODY)
    return part is not None and part.mode is GenerationMode.NEGATIVE


@st.composite
def made_up(draw: st.DrawFn) -> schemathesis.Case[Any]:
    """A request that matches the description, or violates it somewhere; often with values from the ledger."""
    mode = draw(st.sampled_from(GenerationMode))
    case = draw(DESCRIBED.as_strategy(generation_mode=mode))
    for name in case.path_parameters or {}:
        if draw(st.booleans()):
            case.path_parameters[name] = draw(st.sampled_from(KNOWN[name]))
    if isinstance(case.body, dict) and mode is GenerationMode.POSITIVE:
        for name in case.body.keys() & LIKELY.keys():
            if draw(st.integers(0, 3)):
                case.body[name] = draw(st.sampled_from(LIKELY[name]))
    return case

"""Lengths of lists and numbers of unknown names in input values, whether they come as variables or in the document."""

import asyncio
import json
from typing import Any

import pytest
from graphql import GraphQLError

from schema.preparation import RequestRefused
from schema.schema import SCHEMA

RECORD = """mutation($input: RecordTransactionsInput!, $t: [TransactionInput!]! = []) {
  a: recordTransactions(input: $input) { recorded } b: recordTransactions(input: { transactions: $t }) { recorded } }"""


def found(document: str, **variables: Any) -> list[tuple[str, list[str]]]:
    """The message and the field of each error in the variables."""
    return told(SCHEMA.limit_errors(SCHEMA.prepare(document, None), variables))


def told(errors: list[GraphQLError]) -> list[tuple[str, list[str]]]:
    """The message and the field of each error, each of which has a place in the document."""
    assert all(error.locations for error in errors)
    return [(error.message, (error.extensions or {})["field"]) for error in errors]


def test_a_list_has_a_thousand_values() -> None:
    longest: list[object] = [{}] * 1_000
    assert found(RECORD, input={"transactions": longest}, t=longest) == []
    message = "transactions has 1,001 values; the maximum is 1,000. Send fewer at once."
    assert (
        found(RECORD, input={"transactions": [*longest, {}]}, t=[*longest, {}])
        == [(message, ["input", "transactions"])] * 2
    )
    assert found(RECORD, input={"transactions": [{}, {"segments": [1] * 1_234}]}) == [
        (
            "segments has 1,234 values; the maximum is 1,000. Send fewer at once.",
            ["input", "transactions", "1", "segments"],
        )
    ]


def test_lists_in_the_document_have_the_same_limit() -> None:
    document = "{ journalRuns(filter: { statuses: [%s] }) { totalCount } }"
    SCHEMA.prepare(document % ("PENDING " * 1_000), None)
    with pytest.raises(RequestRefused) as refused:
        SCHEMA.prepare(document % ("PENDING " * 1_001), None)
    message = "statuses has 1,001 values; the maximum is 1,000. Send fewer at once."
    assert told(refused.value.errors) == [(message, ["filter", "statuses"])]


def test_many_unknown_names_are_counted_and_a_few_are_told() -> None:
    names = {f"amuont{number}": 1 for number in range(3_000)}
    few = dict(list(names.items())[:5])
    assert found(RECORD, input={"transactions": [few]}) == []  # told with all other errors
    errors = found(RECORD, input={"transactions": [{**names, "amount": 1}, {"x" * 1_000: 1}]})
    assert errors[0] == (
        "TransactionInput has no field 'amuont0'. Did you mean 'amount'?",
        ["input", "transactions", "0", "amuont0"],
    )
    assert errors[-1] == ("There are 3,001 unknown names; these are the first 5.", ["input"])
    assert len(errors) == 6


def test_unknown_names_in_the_document_are_counted_one_by_one() -> None:
    document = "mutation { updateJournalEntry(input: { number: 1 %s }) { errors { code } } }"
    with pytest.raises(RequestRefused) as refused:
        SCHEMA.prepare(document % ("note: 1 " * 40), None)
    bad = [error for error in refused.value.errors if "field" in (error.extensions or {})]
    assert told(bad)[-1] == ("There are 40 unknown names; these are the first 5.", ["input"])


def test_variables_that_the_operation_does_not_define_are_not_looked_at() -> None:
    assert found("{ __typename }", other=[{}] * 5_000) == []


def test_the_errors_of_values_are_fifty() -> None:
    document = "query($s: [JournalRunStatus!]) { journalRuns(filter: { statuses: $s }) { totalCount } }"
    answer = asyncio.run(SCHEMA.execute(document, {"s": ["PENDINK"] * 900}))
    assert len(answer.errors or []) == 50
    assert len(json.dumps([error.formatted for error in answer.errors or []])) < 20_000

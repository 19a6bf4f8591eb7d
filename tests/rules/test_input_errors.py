"""Invalid GraphQL input values: a code, the path of the input field, and plain words."""

import asyncio
from typing import Any
from unittest.mock import Mock

import pytest

from schema.schema import SCHEMA
from tests.support.asking import context_of

WHOLE = "mutation($input: CreateJournalRunInput!) { createJournalRun(input: $input) { errors { code } } }"
GOOD = {"journalEntryDate": "2024-12-31", "transactionTypes": ["INVOICE_ITEM"]}


def refused(document: str, **variables: Any) -> list[tuple[list[str], str]]:
    """The fields that are refused, with the message of each."""
    answer = asyncio.run(SCHEMA.execute(document, variable_values=variables, context_value=context_of(Mock())))
    assert answer.data is None
    told = []
    for error in answer.errors or []:
        assert error.extensions is not None
        assert error.extensions["code"] == "BAD_USER_INPUT"
        told.append((error.extensions["field"], error.message))
    return told


@pytest.mark.parametrize(
    ("given", "field", "message"),
    [
        ({"journalEntryDate": None}, ["journalEntryDate"], "A value of type Date is required."),
        ({"transactionTypes": ["INVOICES"]}, ["transactionTypes", "0"], "Value 'INVOICES' does not exist in"),
        ({"transactionTypes": [None]}, ["transactionTypes", "0"], "A value of type TransactionType is required."),
        ({"transactionTypes": [7]}, ["transactionTypes", "0"], "Enum 'TransactionType' cannot represent"),
        ({"organizationLabels": [{}]}, ["organizationLabels", "0"], "String cannot represent a non string value"),
        (
            {"targetEndDat": "2024-12-31"},
            ["targetEndDat"],
            "CreateJournalRunInput has no field 'targetEndDat'. Did you",
        ),
    ],
)
def test_an_invalid_value_in_a_variable_is_reported_with_the_path_of_its_field(
    given: dict[str, Any], field: list[str], message: str
) -> None:
    ((path, told),) = refused(WHOLE, input={**GOOD, **given})
    assert path == ["input", *field]
    assert told.startswith(message)


def test_a_missing_field_is_reported_by_its_path() -> None:
    assert refused(WHOLE, input={}) == [(["input", "journalEntryDate"], "This field is required.")]
    transfer = """mutation($input: SetTransferredToAccountingInput!) {
      setTransferredToAccounting(input: $input) { errors { code } } }"""
    assert refused(transfer, input={}) == [
        (["input", "journalEntryNumbers"], "This field is required."),
        (["input", "transferredToAccounting"], "This field is required."),
    ]
    assert refused(WHOLE) == [(["input"], "A value of type CreateJournalRunInput is required.")]
    not_valid = "'x' is not a valid CreateJournalRunInput; give an object with its fields."
    assert refused(WHOLE, input="x") == [(["input"], not_valid)]


def test_a_variable_inside_an_input_is_reported_by_the_path_of_its_field() -> None:
    document = """mutation($types: [TransactionType!]!, $on: Date!) {
      createJournalRun(input: { transactionTypes: $types, journalEntryDate: $on }) { errors { code } } }"""
    assert [path for path, _ in refused(document, types=["X"], on=None)] == [
        ["input", "transactionTypes", "0"],
        ["input", "journalEntryDate"],
    ]


def test_an_invalid_value_in_the_document_is_reported_with_the_path_of_its_field() -> None:
    document = """mutation { createJournalRun(input: { transactionTypes: [INVOICE_ITEM, INVOICES]
      journalEntryDate: null targetEndDat: "2024-12-31" }) { errors { code } } }"""
    told = {tuple(path): message for path, message in refused(document)}
    assert set(told) == {
        ("input", "transactionTypes", "1"),
        ("input", "journalEntryDate"),
        ("input", "targetEndDat"),
    }
    assert told["input", "journalEntryDate"] == "A value of type Date is required."


@pytest.mark.parametrize("day", ["", "yesterday", "2024-13-01", "2024-02-30"])
def test_an_invalid_date_is_reported_in_plain_words(day: str) -> None:
    document = f"""mutation {{ createJournalRun(input: {{ transactionTypes: [], journalEntryDate: "{day}" }}) {{
      errors {{ code }} }} }}"""
    for ((path, message),) in (refused(WHOLE, input={**GOOD, "journalEntryDate": day}), refused(document)):
        assert path == ["input", "journalEntryDate"]
        assert "isoformat" not in message


def test_long_values_are_shortened_and_many_errors_are_bounded() -> None:
    told = refused(WHOLE, input={**GOOD, "transactionTypes": ["X" * 10_000] * 1_000})
    assert len(told) == 50
    assert all(len(message) <= 300 for _, message in told)


def test_null_for_a_field_that_has_a_default_value_is_refused_as_any_bad_value() -> None:
    document = """query($by: OrderDirection) {
      journalRuns(orderBy: { field: NUMBER, direction: $by }) { totalCount } }"""
    assert refused(document, by=None) == [(["orderBy", "direction"], "A value of type OrderDirection is required.")]


@pytest.mark.parametrize(
    ("value", "written"), [(True, "true"), ([None], "a list"), ({"a": True}, "an object"), (1.5, "1.5")]
)
def test_values_are_written_as_json_has_them(value: object, written: str) -> None:
    ((_, text),) = refused(WHOLE, input={**GOOD, "organizationLabels": [value]})
    assert text == f"String cannot represent a non string value: {written}"
    ((_, day),) = refused(WHOLE, input={**GOOD, "journalEntryDate": value})
    assert day.startswith(f"{written} is not a date")


def test_a_variable_is_reported_by_its_place_in_the_executed_operation() -> None:
    document = """query A($n: String!) { journalRun(number: $n) { number } }
      query B($n: String!) { node: journalEntries(filter: { accountingPeriodName: $n }) { totalCount } }"""
    answer = asyncio.run(SCHEMA.execute(document, operation_name="B"))
    assert [error.extensions["field"] for error in answer.errors or [] if error.extensions] == [
        ["filter", "accountingPeriodName"]
    ]


def test_values_that_are_nested_too_deeply_are_a_clients_mistake(caplog: pytest.LogCaptureFixture) -> None:
    document = "query($of: [String!]) { journalEntries(filter: { currencies: $of }) { totalCount } }"
    value: Any = "GBP"
    for depth in range(1_000):
        value = [value]
        if depth < 800:
            continue  # somewhere behind it is as deep as Python goes, in whatever is at work there
        answer = asyncio.run(SCHEMA.execute(document, variable_values={"of": value}))
        (error,) = answer.errors or []
        assert error.extensions is not None
        assert error.extensions["code"] == "BAD_USER_INPUT"
    assert caplog.records == []

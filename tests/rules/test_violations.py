"""Violations: every interface can show each, and nothing below the interfaces knows how they spell a field."""

import ast
import re
from pathlib import Path

import pytest

from gateway.reasons import reasons
from gateway.rest.refusals import of_rules
from runs.violations import Invalid, Rule, Violation
from schema.schema import SCHEMA

ROOT = Path(__file__).parents[2]
CAMEL_CASE = re.compile(r"\b[a-z]+[A-Z]\w*")

STORED = {
    "runs/idempotency.py": {
        "accountingPeriodName",
        "journalEntryDate",
        "organizationLabels",
        "targetEndDate",
        "targetStartDate",
        "transactionTypes",
    },
    "resolvers/record_transactions.py": {"recordTransactions"},
}
"""Words that ledgers have stored since their first release, so they cannot change."""


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_is_in_the_graphql_contract(rule: Rule) -> None:
    assert rule.value in SCHEMA.as_str()


@pytest.mark.parametrize("rule", Rule)
def test_every_rule_has_a_code_in_rest(rule: Rule) -> None:
    (reason,) = of_rules(Invalid([Violation(rule, "it is wrong", ("target_end_date",))])).reasons
    assert str(reason.code).startswith("500000")
    assert reason.message == "targetEndDate: It is wrong."


def test_rest_names_a_place_in_a_list_and_a_header() -> None:
    refused = of_rules(
        Invalid(
            [
                Violation(Rule.DUPLICATE, "it is given twice", ("transaction_types", 2)),
                Violation(Rule.INVALID, "it is empty", ("idempotency_key",)),
                Violation(Rule.UNKNOWN, "there is no journal run 'x'", ("number",)),
                Violation(Rule.REQUIRED, "give one of both"),
            ]
        )
    )
    assert [reason.message for reason in refused.reasons] == [
        "transactionTypes[2]: It is given twice.",
        "Idempotency-Key: It is empty.",
        "There is no journal run 'x'.",
        "Give one of both.",
    ]


def test_a_file_names_the_column() -> None:
    violations = [
        Violation(Rule.REQUIRED, "it is required", ("amount",)),
        Violation(Rule.UNKNOWN, "there is no segment 'planet'", ("segments", "planet")),
        Violation(Rule.INVALID, "1 cell where the header has 2"),
    ]
    assert reasons(violations) == (
        "amount: it is required; segment.planet: there is no segment 'planet'; 1 cell where the header has 2"
    )


@pytest.mark.parametrize("layer", ["storage", "runs", "resolvers"])
def test_no_text_below_the_interfaces_is_in_camel_case(layer: str) -> None:
    for path in sorted((ROOT / layer).glob("*.py")):
        name = str(path.relative_to(ROOT))
        words = {word for text in texts(path) for word in CAMEL_CASE.findall(text)} - STORED.get(name, set())
        assert words <= {"eE"}, name  # a pattern of exponents


def texts(path: Path) -> list[str]:
    """The string literals of a module, without its docstrings."""
    tree = ast.parse(path.read_text())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    constants = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings]
    return [node.value for node in constants if isinstance(node.value, str)]

"""An answer has no more objects than its operation costs, whatever is asked."""

import asyncio
from collections import Counter
from typing import Any

import orjson
import pytest
from graphql import GraphQLError, build_schema

from gateway.application import Application
from schema.cost import Costs
from schema.preparation import RequestRefused
from schema.schema import SCHEMA
from storage.database import Database
from storage.words import Permission
from tests.support.answers import Caller, Way, answer
from tests.support.compare import first_seed
from tests.support.costs import selecting
from tests.support.known_values import KnownValues
from tests.support.odd_ledger import fill_oddly
from tests.support.random_documents import Asked, random_document

DOCUMENTS = 150
EVERYBODY = Caller("all permissions", frozenset(Permission))


def objects(value: Any) -> int:
    """The objects in a value."""
    if isinstance(value, dict):
        return 1 + sum(map(objects, value.values()))
    return sum(map(objects, value)) if isinstance(value, list) else 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_answer_has_no_more_objects_than_its_operation_costs(empty_database: Database) -> None:
    seed = first_seed()
    print(f"SEED={seed}")  # noqa: T201  (shown if the test fails)
    fill_oddly(empty_database)
    contract, way = build_schema(SCHEMA.as_str()), Way("by plans", Application(empty_database).gateway, planned=True)
    costs, counts = Costs(SCHEMA._schema), Counter[bool]()
    for fields in costs._fields.values():  # what the odd ledger has in lists without pages is more than is assumed
        fields |= {name: one._replace(size=1_000) for name, one in fields.items() if one.size > 1 and not one.slicing}

    async def ask(document: str) -> Any:
        return orjson.loads((await answer(way, Asked(0, document, {}, None), EVERYBODY)).data)

    with asyncio.Runner() as runner:
        known = KnownValues(contract)
        runner.run(known.learn(ask))
        for number in range(DOCUMENTS):
            asked = random_document(contract, known, seed + number)
            cost = _cost(costs, asked)
            if cost is not None and "__schema" not in asked.document:
                data = orjson.loads(runner.run(answer(way, asked, EVERYBODY)).data)
                found = objects(data) - 1
                assert found <= cost, (asked, found, cost)
                counts[found > cost / 10] += 1
    assert counts[True] > DOCUMENTS / 10  # not because costs are much too high


def _cost(costs: Costs, asked: Asked) -> int | None:
    """The cost of a request; None if it is refused."""
    try:
        selected = selecting(asked.document, asked.variables, asked.operation_name)
        return None if selected is None else costs.cost(selected)
    except (RequestRefused, GraphQLError):
        return None

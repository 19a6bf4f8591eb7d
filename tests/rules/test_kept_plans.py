"""Plans that are kept: for whom, and for which documents."""

from typing import Any
from unittest.mock import Mock

import pytest

from resolvers.errors import Forbidden
from schema.info import RequestContext
from schema.kept_plans import LONGEST_KEPT, KeptPlans
from schema.plan import Plan
from schema.schema import SCHEMA
from storage.words import Permission
from tests.support.asking import context_of

ALL = frozenset(Permission)
RUN = "query ($number: String!) { journalRun(number: $number) { number } }"
FILTERED = "query ($filter: JournalRunFilter) { journalRuns(filter: $filter) { nodes { number } } }"


def context(permissions: frozenset[Permission] = ALL, organizations: frozenset[str] | None = None) -> RequestContext:
    """The context of a caller."""
    return context_of(Mock(organizations=organizations), permissions)


def plan(kept: KeptPlans, text: str, who: RequestContext, **variables: Any) -> Plan:
    """The plan of a document."""
    prepared = SCHEMA.prepare(text, None)
    asked = SCHEMA._asked(text, variables, who)
    assert asked is not None
    assert asked.selecting.operation is prepared.definition
    return kept.plan(asked.selecting, who)


@pytest.fixture
def kept() -> KeptPlans:
    return KeptPlans(SCHEMA._answers._planner)


def test_a_document_that_comes_again_with_the_same_values_has_its_plan(kept: KeptPlans) -> None:
    first = plan(kept, RUN, context(), number="JR-00000001")
    assert plan(kept, RUN, context(), number="JR-00000001") is first
    assert plan(kept, RUN, context(), number="JR-00000002") is not first
    assert plan(kept, RUN.replace("number }", "id }"), context(), number="JR-00000001") is not first


def test_a_caller_who_may_see_something_else_has_a_plan_of_its_own(kept: KeptPlans) -> None:
    first = plan(kept, RUN, context(), number="JR-00000001")
    assert plan(kept, RUN, context(organizations=frozenset({"EU"})), number="JR-00000001") is not first
    with pytest.raises(Forbidden):
        plan(kept, RUN, context(frozenset()), number="JR-00000001")


@pytest.mark.parametrize(
    "text",
    [
        "{ viewer { name } }",
        "{ journalEntryTotals(groupBy: []) { currency } }",
        "{ journalRuns { nodes { number } } }" + " " * LONGEST_KEPT,
    ],
)
def test_what_belongs_to_a_caller_or_a_request_is_not_kept_nor_is_a_long_document(kept: KeptPlans, text: str) -> None:
    assert plan(kept, text, context()) is not plan(kept, text, context())


def test_a_document_with_a_long_value_is_planned_anew(kept: KeptPlans) -> None:
    number = "JR-" + "0" * LONGEST_KEPT
    assert plan(kept, RUN, context(), number=number) is not plan(kept, RUN, context(), number=number)


def test_input_objects_are_planned_anew(kept: KeptPlans) -> None:
    given = {"statuses": ["COMPLETED"]}
    assert plan(kept, FILTERED, context(), filter=given) is not plan(kept, FILTERED, context(), filter=given)


def test_a_document_that_is_read_anew_is_planned_anew(kept: KeptPlans) -> None:
    first = plan(kept, RUN, context(), number="JR-00000001")
    SCHEMA._preparation._documents.clear()
    assert plan(kept, RUN, context(), number="JR-00000001") is not first

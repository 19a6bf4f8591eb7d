"""Plans that are kept: most clients send a few documents again and again."""

from collections.abc import Hashable, Iterable

from cachetools import LRUCache
from graphql import OperationDefinitionNode

from schema.info import RequestContext
from schema.plan import Plan, Planner, Selecting

KEPT_MAX = 200

LONGEST_KEPT = 2_000
"""The characters of a document, with the texts of its variables, whose plan is kept.

Its statement takes up to a hundred times as many.
"""


class KeptPlans:
    """Plans of one planner. What a plan says of the ledger depends on no more than the key that it is kept by."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._kept: LRUCache[Hashable, tuple[OperationDefinitionNode, Plan]] = LRUCache(KEPT_MAX)

    def plan(self, operation: Selecting, context: RequestContext) -> Plan:
        """The plan of a query. Raises as `Planner.plan`."""
        definition, values = operation.operation, operation.variable_values.coerced
        key = (id(definition), tuple(values.items()), context.permissions, context.organizations)
        try:
            kept = self._kept.get(key)
        except TypeError:  # a value cannot be hashed, such as an input object
            return self._planner.plan(operation, context)
        # The kept definition lives, so that no other one has its id.
        if kept is not None:
            return kept[1]
        plan = self._planner.plan(operation, context)
        if _length(definition, values.values()) <= LONGEST_KEPT and _belongs_to_nobody(plan):
            self._kept[key] = definition, plan
        return plan


def _length(definition: OperationDefinitionNode, values: Iterable[object]) -> int:
    document = len(definition.loc.source.body) if definition.loc else LONGEST_KEPT + 1
    return document + sum(len(value) for value in values if isinstance(value, str))


def _belongs_to_nobody(plan: Plan) -> bool:
    """Whether it has nothing in it that belongs to this caller or this request."""
    return not plan.tables and all(known is None for known in plan.data.values())

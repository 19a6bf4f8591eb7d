"""Requests to the schema itself, without a server."""

from collections.abc import Collection

from resolvers.budgets import OPERATION_COST_MAX, Budgets, CostLimits
from resolvers.context import Gateway
from resolvers.loaders import Loaders
from schema.info import RequestContext
from schema.room import Room
from storage.words import Permission

_LIMITS = CostLimits(executor=OPERATION_COST_MAX)
"""The executor may answer whatever a plan does, to be compared with it."""


def context_of(
    gateway: Gateway, permissions: Collection[Permission] = frozenset(Permission), key_name: str | None = None
) -> RequestContext:
    """The context of a request by a caller with these permissions."""
    return RequestContext(
        gateway,
        "nobody",
        frozenset(permissions),
        key_name,
        loaders=Loaders(gateway),
        budget=Budgets(_LIMITS).of("nobody"),
        room=Room(_LIMITS.executor),
    )

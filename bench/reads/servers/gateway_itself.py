"""The gateway, with plans or without: URL PORT on|off."""

import sys

from gateway.application import Application
from gateway.loading import keep_loaded
from gateway.server import listen, serve
from resolvers.budgets import OPERATION_COST_MAX, CostLimits
from resolvers.context import Gateway
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.database import Database

LIMITS = CostLimits(per_minute=10**12, executor=OPERATION_COST_MAX)
"""No client of the benchmark uses up its budget, and without plans everything goes by the executor."""


def main(url: str, port: str, plans: str) -> None:
    """Serve the ledger at the URL."""
    SCHEMA.planning = Planning[plans.upper()]
    serve(Application(Database(url), on_start=_settled, costs=LIMITS), listen("127.0.0.1", int(port)))


async def _settled(_: Gateway) -> None:
    keep_loaded()  # as the command does


if __name__ == "__main__":
    main(*sys.argv[1:])

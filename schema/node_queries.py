"""The look-up of any object by its global id."""

from collections.abc import Callable
from typing import Annotated, Any

import strawberry

from resolvers import accounting, cancellations, journal_entries, journal_runs, posted_transactions
from resolvers.context import Context
from resolvers.reading import LookUp
from schema.info import Info
from schema.look_up import look_up
from schema.node import Node, from_id

LOOK_UPS: dict[str, Callable[[Context, str], LookUp[Any]]] = {
    "AccountingCode": accounting.accounting_code,
    "AccountingPeriod": accounting.accounting_period,
    "Cancellation": cancellations.cancellation,
    "JournalEntry": journal_entries.journal_entry,
    "JournalRun": journal_runs.journal_run,
    "Transaction": posted_transactions.transaction,
}
"""For each type that is a Node, the look-up by the key in its global id."""

NodeId = Annotated[strawberry.ID, strawberry.argument(description="Global id.")]


@strawberry.type
class NodeQueries:
    @look_up(Node, description="The object with this global id.")
    def node(self, info: Info, id: NodeId) -> LookUp[Any] | None:
        type_name, key = from_id(id)
        look_up = LOOK_UPS.get(type_name)
        return None if look_up is None else look_up(info.context, key)

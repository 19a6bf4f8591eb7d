"""Transactions: look-up and list."""

from functools import partial
from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import posted_transactions
from resolvers.names import name_to_find
from schema.arguments import filter_for
from schema.connection import Listing
from schema.info import Info
from schema.paging import connection
from schema.transaction import Transaction, TransactionFilterArgument
from storage.transaction_lists import TransactionFilter
from storage.transactions import PostedTransaction

TransactionId = Annotated[str, strawberry.argument(description="Unique id of the transaction in its source system.")]


@strawberry.type
class TransactionQueries:
    @strawberry.field(graphql_type=Transaction | None, description="The recorded transaction with this id.")
    async def transaction(self, info: Info, transaction_id: TransactionId) -> PostedTransaction | None:
        return await posted_transactions.transaction(info.context, name_to_find(transaction_id, "transaction_id"))

    @connection(Transaction, description="Recorded transactions, in the order of recording.")
    def transactions(self, info: Info, filter: TransactionFilterArgument = UNSET) -> Listing[PostedTransaction]:
        conditions = filter_for(TransactionFilter, filter)
        return Listing(
            partial(posted_transactions.transactions, info.context, conditions),
            partial(posted_transactions.transaction_count, info.context, conditions),
        )

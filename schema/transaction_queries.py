"""Transactions: look-up and list."""

from typing import Annotated

import strawberry
from strawberry import UNSET

from resolvers import posted_transactions
from resolvers.names import name_to_find
from resolvers.reading import Listing, LookUp
from schema.filters import filter_for
from schema.info import Info
from schema.look_up import look_up
from schema.paging import connection
from schema.transaction import Transaction
from schema.transaction_list import TransactionFilterArgument, TransactionOrderArgument, transaction_order
from storage.transaction_lists import TransactionFilter
from storage.transactions import PostedTransaction

TransactionId = Annotated[str, strawberry.argument(description="Unique id of the transaction in its source system.")]


@strawberry.type
class TransactionQueries:
    @look_up(Transaction, description="The recorded transaction with this id.")
    def transaction(self, info: Info, transaction_id: TransactionId) -> LookUp[PostedTransaction]:
        return posted_transactions.transaction(info.context, name_to_find(transaction_id, "transaction_id"))

    @connection(Transaction, description="Recorded transactions, in the order of recording by default.")
    def transactions(
        self, info: Info, filter: TransactionFilterArgument = UNSET, order_by: TransactionOrderArgument = UNSET
    ) -> Listing[PostedTransaction]:
        conditions = filter_for(TransactionFilter, filter)
        return posted_transactions.transactions(info.context, conditions, transaction_order(order_by))

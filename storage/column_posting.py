"""Posting by columns: what `OpenPosting` does row by row, for large files."""

from collections.abc import Sequence

from sqlmodel import Session

from storage.transaction_columns import PostedColumns, TransactionColumns
from storage.transactions import NewTransaction, PostedTransaction


class ColumnPosting:
    """One posting of blocks of columns, inside one database transaction; nothing of it is whole before `close`."""

    def __init__(self, session: Session, source: str, actor: str) -> None:
        raise NotImplementedError

    def post(self, block: TransactionColumns) -> PostedColumns:
        """Post a block of transactions; of rows with one transaction id, the first counts as sent first.

        One that was recorded before with the same content is a duplicate; with other content it is a conflict and
        is not posted. Raises MoneyError if a bucket's sum exceeds 64 bits, and RecordedMeanwhile if another posting
        was faster; the database transaction is then unusable.
        """
        raise NotImplementedError

    def add_rates(self, rated: Sequence[tuple[NewTransaction, PostedTransaction]]) -> None:
        """Add rate and home amount to recorded transactions, as `OpenPosting.add_rates` does."""
        raise NotImplementedError

    def close(self) -> None:
        """Write the sums of the posting's buckets and the lists of their transactions. Raises MoneyError."""
        raise NotImplementedError

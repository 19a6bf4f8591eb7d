"""A column posting that posts row by row: what `ColumnPosting` must do."""

from collections.abc import Sequence

import pyarrow as pa  # type: ignore[import-untyped]
from sqlmodel import Session

from storage.postings import OpenPosting
from storage.transaction_columns import PostedColumns, TransactionColumns
from storage.transactions import NewTransaction, PostedTransaction


class RowPosting:
    """Posts each block of columns row by row."""

    def __init__(self, session: Session, source: str, actor: str) -> None:
        self._posting = OpenPosting(session, source, actor)

    def post(self, block: TransactionColumns) -> PostedColumns:
        """Post the rows of the block."""
        rows = rows_of(block)
        posted = self._posting.post(rows)
        fresh = set(posted.fresh)
        return PostedColumns(
            pa.array([place in fresh for place in range(len(rows))]), posted.duplicates, posted.conflicts
        )

    def add_rates(self, rated: Sequence[tuple[NewTransaction, PostedTransaction]]) -> None:
        """Add rates."""
        self._posting.add_rates(rated)

    def close(self) -> None:
        """Nothing is left to do."""


def rows_of(block: TransactionColumns) -> list[NewTransaction]:
    """The rows of the block."""
    names = (
        "transaction_id",
        "transaction_date",
        "key",
        "amount_minor",
        "exchange_rate",
        "home_amount_minor",
        "account_number",
        "document_number",
    )
    columns = [getattr(block, name).to_pylist() for name in names]
    columns[2] = [block.keys[place] for place in columns[2]]
    return [NewTransaction(*row) for row in zip(*columns, strict=True)]

"""The list of each bucket's transactions, in the order of their row ids."""

from collections.abc import Iterable

from sqlalchemy import Column, bindparam, func, insert, select, update
from sqlmodel import Field, Session, SQLModel, col

from storage.columns import Identifier
from storage.transactions import Transaction


class BucketTransaction(SQLModel, table=True):
    """One place in the list of a bucket: every transaction is in exactly one list, its bucket's.

    A posting writes its lists sorted, which costs a third of an index on the transactions.
    """

    __tablename__ = "bucket_transaction"
    __table_args__ = {"sqlite_with_rowid": False}

    posting_bucket_id: int = Field(sa_column=Column(Identifier, primary_key=True, autoincrement=False))
    transaction_row_id: int = Field(sa_column=Column(Identifier, primary_key=True, autoincrement=False))


def last_row_id(session: Session) -> int:
    """The row id of the last transaction on SQLite, where a writer's new ones follow it; 0 if there is none."""
    return session.execute(select(func.max(col(Transaction.id)))).scalar_one() or 0


def list_after(session: Session, row_id: int) -> None:
    """List the transactions on SQLite whose row ids follow that one, which are the writer's own."""
    rows = (
        select(col(Transaction.posting_bucket_id), col(Transaction.id))
        .where(col(Transaction.id) > row_id)
        .order_by(col(Transaction.posting_bucket_id), col(Transaction.id))
    )
    session.execute(insert(BucketTransaction).from_select(["posting_bucket_id", "transaction_row_id"], rows))


def move_in_lists(session: Session, moved: Iterable[tuple[int, int, int]]) -> None:
    """Move transactions to other lists: the row id, the bucket that it has left, and its present bucket."""
    names = ("row_id", "left", "present")
    moves = [dict(zip(names, move, strict=True)) for move in sorted(moved)]
    # One by one: where rows and buckets are two lists of values, both databases look for each row in each bucket.
    statement = (
        update(BucketTransaction.__table__)  # type: ignore[attr-defined]
        .where(
            col(BucketTransaction.posting_bucket_id) == bindparam("left"),
            col(BucketTransaction.transaction_row_id) == bindparam("row_id"),
        )
        .values(posting_bucket_id=bindparam("present"))
    )
    found = session.connection().execute(statement, moves).rowcount
    assert found == len(moves), f"{len(moves) - found} transactions were not in the lists of their buckets"

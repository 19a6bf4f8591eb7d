"""The list of each bucket's transactions, in the order of their row ids."""

from collections.abc import Sequence

from sqlalchemy import Column, func, insert, select, update
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


def move_to_their_buckets(session: Session, left: Sequence[int], row_ids: Sequence[int]) -> None:
    """Move transactions that have left these buckets from the lists of these to those of their present buckets."""
    present = (
        select(col(Transaction.posting_bucket_id))
        .where(col(Transaction.id) == col(BucketTransaction.transaction_row_id))
        .scalar_subquery()
    )
    moved = session.execute(
        update(BucketTransaction)
        .where(
            col(BucketTransaction.posting_bucket_id).in_(left), col(BucketTransaction.transaction_row_id).in_(row_ids)
        )
        .values(posting_bucket_id=present)
        .returning(col(BucketTransaction.transaction_row_id))
        .execution_options(synchronize_session=False)
    ).scalars()
    assert sorted(moved) == sorted(row_ids), "a transaction was not in the list of its bucket"

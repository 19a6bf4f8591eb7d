"""Parts of a posting that is not finished: what the short transactions of a large file have written on SQLite."""

from sqlalchemy import Column, ForeignKey, text
from sqlmodel import Field, Session, SQLModel, col, func, select

from storage.columns import Identifier
from storage.posting_buckets import PostingBucket
from storage.whole_ledger import WHOLE_LEDGER


class PostingPart(SQLModel, table=True):
    """The transactions and posting keys that one short transaction has written, by their row ids.

    There are none if the first id is the larger. Buckets have ids up to `last_bucket_id` but no rows, so nobody sees
    the transactions. The last transaction of the posting writes the buckets and deletes its parts.
    """

    __tablename__ = "posting_part"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    posting_id: int = Field(sa_column=Column(Identifier, ForeignKey("posting.id"), nullable=False))
    first_row_id: int = Field(sa_column=Column(Identifier, nullable=False))
    last_row_id: int = Field(sa_column=Column(Identifier, nullable=False))
    first_key_id: int = Field(sa_column=Column(Identifier, nullable=False))
    last_key_id: int = Field(sa_column=Column(Identifier, nullable=False))
    last_bucket_id: int = Field(sa_column=Column(Identifier, nullable=False))


def last_bucket_id(session: Session) -> int:
    """The largest id of a bucket on SQLite, also of one that has no row yet; 0 if there is none."""
    # Those of every organisation.
    rows = session.exec(select(func.max(col(PostingBucket.id))), execution_options=WHOLE_LEDGER).one() or 0
    parts = session.exec(select(func.max(col(PostingPart.last_bucket_id)))).one() or 0
    return max(rows, parts)


def has_parts(session: Session) -> bool:
    """Whether a posting is not finished: it goes on, or its process has died."""
    return session.exec(select(PostingPart.id).limit(1)).first() is not None


def forget_parts(session: Session, posting_id: int) -> None:
    """Forget the parts of a posting that is finished: its buckets are written."""
    session.execute(text("DELETE FROM posting_part WHERE posting_id = :posting_id"), {"posting_id": posting_id})


def take_back_part(session: Session) -> bool:
    """Delete the transactions of the last part there is, and with its first one the posting. False if there is none."""
    part = session.exec(select(PostingPart).order_by(col(PostingPart.id).desc()).limit(1)).first()
    if part is None:
        return False
    written = part.model_dump()
    for statement in _TAKE_BACK:
        session.execute(text(statement), written)
    session.delete(part)
    session.flush()
    session.execute(text(_DELETE_POSTING), {"posting_id": part.posting_id})
    return True


_TAKE_BACK = (
    """
    DELETE FROM bucket_transaction WHERE (posting_bucket_id, transaction_row_id) IN (
        SELECT posting_bucket_id, id FROM billing_transaction WHERE id BETWEEN :first_row_id AND :last_row_id
    )
    """,
    "DELETE FROM billing_transaction WHERE id BETWEEN :first_row_id AND :last_row_id",
    """
    DELETE FROM posting_key
    WHERE id BETWEEN :first_key_id AND :last_key_id AND id NOT IN (SELECT posting_key_id FROM posting_bucket)
    """,
)
_DELETE_POSTING = """
DELETE FROM posting
WHERE id = :posting_id AND NOT EXISTS (SELECT 1 FROM posting_part WHERE posting_id = :posting_id)
"""

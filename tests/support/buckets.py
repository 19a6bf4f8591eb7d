"""Posting buckets, compared with their transactions."""

from sqlmodel import Session, col, func, select

from storage.bucket_transactions import BucketTransaction
from storage.posting_buckets import PostingBucket
from storage.transactions import Transaction


def buckets_that_differ(session: Session) -> list[int]:
    """Buckets that do not match their transactions."""
    return list(
        session.exec(
            select(PostingBucket.id)
            .join(BucketTransaction, col(BucketTransaction.posting_bucket_id) == PostingBucket.id, isouter=True)
            .join(
                Transaction,
                (col(Transaction.id) == col(BucketTransaction.transaction_row_id))
                & (col(Transaction.posting_bucket_id) == PostingBucket.id),
                isouter=True,
            )
            .group_by(col(PostingBucket.id))
            .having(
                (func.max(PostingBucket.transaction_count) != func.count(col(Transaction.id)))
                | (func.max(PostingBucket.amount_minor) != func.sum(Transaction.amount_minor))
                | (
                    func.coalesce(func.max(PostingBucket.home_amount_minor), 0)
                    != func.coalesce(func.sum(Transaction.home_amount_minor), 0)
                )
            )
        )
    )

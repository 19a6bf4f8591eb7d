"""Recording transactions through the API."""

from typing import Any

from sqlmodel import col, func, select

from storage.audit import AuditEvent
from storage.posting_buckets import PostingBucket
from storage.postings import Posting
from storage.transactions import Transaction
from tests.support.client import Client

Errors = list[dict[str, Any]]


def item(transaction_id: str, **values: Any) -> dict[str, Any]:
    """By default an invoice item of 10.00 GBP on 2024-12-05 in the UK."""
    usual = {
        "transactionId": transaction_id,
        "transactionType": "INVOICE_ITEM",
        "transactionDate": "2024-12-05",
        "amount": "10.00",
        "currency": "GBP",
        "debitAccount": "Accounts Receivable",
        "creditAccount": "Sales",
        "segments": [{"name": "country", "value": "UK"}],
    }
    return {**usual, **values}


def count(client: Client) -> int:
    """The number of recorded transactions, after checking that buckets, postings and audit trail agree."""
    with client.database.read() as session:
        recorded = session.exec(select(func.count()).select_from(Transaction)).one()
        assert session.exec(select(func.coalesce(func.sum(PostingBucket.transaction_count), 0))).one() == recorded
        postings = session.exec(select(func.count()).select_from(Posting)).one()
        audited = select(func.count()).select_from(AuditEvent).where(col(AuditEvent.subject_type) == "Transactions")
        assert session.exec(audited).one() == postings
    return recorded


def recorded(client: Client, *items: dict[str, Any]) -> tuple[int, int]:
    """Record these; how many were recorded, and how many had been before."""
    payload = client.record(list(items))
    assert payload["errors"] == []
    return payload["recorded"], payload["duplicates"]


def refused(client: Client, *items: dict[str, Any]) -> Errors:
    """The violations of a call with these transactions, which may record nothing."""
    before = count(client)
    payload = client.record(list(items))
    assert (payload["recorded"], payload["duplicates"]) == (0, 0)
    assert payload["errors"]
    assert count(client) == before
    errors: Errors = payload["errors"]
    return errors

"""The conservation rules find violations."""

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from storage.conservation import broken_rules
from storage.database import Database
from tests.support.ledger import line, post


@pytest.mark.parametrize("column", ["posting_id", "posting_key_id"])
def test_a_bucket_without_its_posting_or_key_is_refused(database: Database, column: str) -> None:
    post(database, [line("a")])
    with pytest.raises(IntegrityError), database.write() as session:
        session.execute(text(f"UPDATE posting_bucket SET {column} = 7"))  # noqa: S608


VIOLATIONS = [
    ("UPDATE posting_bucket SET amount = amount + 1", "the count and sums of a bucket"),
    ("UPDATE posting_bucket SET amount = amount + 4294967296", "the count and sums of a bucket"),
    ("UPDATE posting_bucket SET amount = -amount", "the count and sums of a bucket"),
    ("UPDATE posting_bucket SET home_amount = 1", "the count and sums of a bucket"),
    ("UPDATE posting_bucket SET transaction_count = 3", "the count and sums of a bucket"),
    ("DELETE FROM billing_transaction WHERE transaction_id = 'a'", "the count and sums of a bucket"),
    ("DELETE FROM bucket_transaction WHERE transaction_row_id = 1", "every transaction is in the list"),
    ("UPDATE bucket_transaction SET transaction_row_id = 7 WHERE transaction_row_id = 1", "the count and sums"),
    ("UPDATE billing_transaction SET posting_bucket_id = 7", "the count and sums of a bucket"),
    ("INSERT INTO bucket_transaction VALUES (7, 7)", "every transaction is in the list"),
    ("INSERT INTO bucket_transaction VALUES (7, 1)", "every transaction is in the list"),
    ("UPDATE bucket_transaction SET posting_bucket_id = 7", "the count and sums of a bucket"),
    (
        "INSERT INTO billing_transaction (id, transaction_id, posting_bucket_id, amount) VALUES (7, 'c', 7, 1)",
        "every transaction is in the list",
    ),
    ("DELETE FROM posting_bucket", "every transaction is in the list"),
    ("DELETE FROM currency WHERE code = 'GBP'", "every currency of recorded amounts"),
]


def test_every_violated_rule_is_found(database: Database) -> None:
    post(database, [line("a"), line("b", amount="-30000000.00")])
    for change, rule in VIOLATIONS:
        with database.read() as session:
            assert broken_rules(session) == []
        with database.write() as session:
            session.execute(text(change))
            found = broken_rules(session)
            session.rollback()
        assert any(finding.rule.startswith(rule) for finding in found), (change, found)

"""Ledgers for the benchmark of runs, written by SQL: as many transactions, keys and buckets as are asked for."""

from dataclasses import dataclass
from datetime import date

from sqlalchemy import text
from sqlmodel import Session, select

from storage.accounting_codes import AccountingCode
from storage.database import Database, is_sqlite
from storage.migration import migrate
from storage.posting_keys import PostingKeyFields, stored_keys
from storage.words import TransactionType
from tests.support.ledger import fill

FIRST_DAY = date(2024, 12, 1)


@dataclass(frozen=True, slots=True)
class Size:
    """The size of a ledger: its keys are countries, each with one or more credit codes."""

    transactions: int
    countries: int
    codes: int
    days: int

    @property
    def keys(self) -> int:
        """The number of posting keys."""
        return self.countries * self.codes

    @property
    def buckets(self) -> int:
        """The number of buckets: one for each key and day."""
        return self.keys * self.days


def fill_by_sql(database: Database, size: Size) -> None:
    """Migrate the database, and record the transactions as one posting, those of one bucket after the other."""
    migrate(database)
    fill(database)
    with database.write() as session:
        _add_keys(session, size)
        dialect = _SQLITE if is_sqlite(session) else _POSTGRESQL
        # The numbers are in the statements, so that PostgreSQL knows their types.
        numbers = {"transactions": size.transactions, "keys": size.keys, "buckets": size.buckets}
        for statement in _STATEMENTS:
            session.execute(
                text(statement.format(**{name: sql.format(**numbers) for name, sql in dialect.items()}, **numbers))
            )
    if not database.is_sqlite:
        with database.writer.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(text("VACUUM ANALYZE"))


def _add_keys(session: Session, size: Size) -> None:
    codes = {code.name: code.id for code in session.exec(select(AccountingCode))}
    credit = [codes["Sales"], codes["Services"], codes["Tax Payable"]]
    keys = [
        PostingKeyFields(
            TransactionType.INVOICE_ITEM, codes["Accounts Receivable"], credit[code], "GBP", None, None,
            (("country", f"{country:05}"),),
        )
        for country in range(size.countries)
        for code in range(size.codes)
    ]  # fmt: skip
    stored_keys(session, {key.digest(): key for key in keys})


AMOUNT = "n * 7919 % 20011 - 5000"
"""The amount of a transaction, by its place, in minor units."""

_SQLITE = {
    "series": "WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series WHERE n + 1 < {transactions})",
    "amount": AMOUNT,
    "day": "date('2024-12-01', (bucket / {keys}) || ' days')",
    "moment": "'2024-12-01 00:00:00.000000'",
}
_POSTGRESQL = {
    "series": "WITH series AS (SELECT n FROM generate_series(0, CAST({transactions} - 1 AS bigint)) AS n)",
    "amount": AMOUNT,
    "day": "DATE '2024-12-01' + CAST(bucket / {keys} AS int)",
    "moment": "TIMESTAMPTZ '2024-12-01'",
}
_STATEMENTS = (
    "INSERT INTO posting (id, source, posted_by, posted_at) VALUES (1, 'bench', 'bench', '2024-12-01 00:00:00.000000')",
    """
    INSERT INTO posting_bucket (id, posting_id, posting_date, posting_key_id, transaction_count, amount, updated_at)
    {series}
    SELECT 1 + bucket, 1, {day}, 1 + bucket % {keys}, count(*), sum(amount), {moment}
    FROM (SELECT n * {buckets} / {transactions} AS bucket, {amount} AS amount FROM series) AS one
    GROUP BY bucket ORDER BY bucket
    """,
    """
    INSERT INTO billing_transaction (transaction_id, posting_bucket_id, amount)
    {series}
    SELECT 't' || n, 1 + n * {buckets} / {transactions}, {amount} FROM series ORDER BY n
    """,
    """
    INSERT INTO bucket_transaction (posting_bucket_id, transaction_row_id)
    SELECT posting_bucket_id, id FROM billing_transaction ORDER BY posting_bucket_id, id
    """,
)

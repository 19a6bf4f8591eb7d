"""The yardstick of a run: DuckDB sums the same transactions from a Parquet file."""

from pathlib import Path

import duckdb

from bench.run_ledger import AMOUNT, Size


class Parquet:
    """The transactions of a ledger as `bench.run_ledger` fills it, in a file."""

    def __init__(self, path: Path, size: Size) -> None:
        self._connection = duckdb.connect()
        self._path = path
        bucket = f"n * {size.buckets} // {size.transactions}"
        self._connection.execute(
            f"""
            COPY (
                SELECT 't' || n AS transaction_id, DATE '2024-12-01' + CAST(({bucket}) // {size.keys} AS int) AS day,
                    'Invoice Item' AS transaction_type, 'GBP' AS currency, 'Accounts Receivable' AS debit_account,
                    'Code ' || ({bucket}) % {size.keys} % {size.codes} AS credit_account, NULL AS organization,
                    printf('%05d', ({bucket}) % {size.keys} // {size.codes}) AS country, {AMOUNT} AS amount
                FROM range({size.transactions}) AS series(n)
            ) TO '{path}' (FORMAT parquet)
            """  # noqa: S608
        )

    def sums(self) -> tuple[int, int]:
        """Group as a run does. Returns the number of its entries, and of transactions."""
        rows = self._connection.execute(
            f"""
            SELECT transaction_type, currency, debit_account, organization, country, credit_account,
                count(*), sum(amount)
            FROM '{self._path}' WHERE day BETWEEN DATE '2024-12-01' AND DATE '2024-12-31' GROUP BY ALL
            """  # noqa: S608
        ).fetchall()
        return len({row[4] for row in rows}), sum(row[6] for row in rows)

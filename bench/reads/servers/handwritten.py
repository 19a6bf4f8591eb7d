"""An endpoint written by hand for each document: Starlette, orjson and the plain driver. URL PORT.

It answers what the gateway answers, as fast as an engineer would get it with such tools, but it can answer nothing
else: there is no GraphQL, no permission, no cursor to continue from.
"""

import sys
from collections.abc import Callable
from typing import Any

import orjson
from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from bench.reads.servers.driver import Driver, decoded
from bench.reads.servers.serve import serve
from bench.reads.servers.values import (
    ENTRY_STATUS,
    ITEM_TYPE,
    RUN_STATUS,
    TRANSACTION_TYPE,
    TRANSFER_STATUS,
    moment,
    money,
)

_RUN_ID = "(SELECT id FROM journal_run WHERE number = ?)"

_SCALARS = f"""
    SELECT e.number, e.status, e.transaction_type, e.currency, e.total_debit, e.total_credit, e.transaction_count,
        e.journal_entry_date, e.transferred_to_accounting, e.created_at, c.digits
    FROM journal_entry e JOIN currency c ON c.code = e.currency
    WHERE e.journal_run_id = {_RUN_ID} ORDER BY e.id LIMIT ?
"""  # noqa: S608 (no value is in the text)

_ITEMS = f"""
    SELECT e.number, i.type, i.currency, i.amount, a.name, a.gl_account_number, c.digits
    FROM (SELECT id, number FROM journal_entry WHERE journal_run_id = {_RUN_ID} ORDER BY id LIMIT ?) e
    LEFT JOIN journal_entry_item i ON i.journal_entry_id = e.id
    LEFT JOIN accounting_code a ON a.id = i.accounting_code_id
    LEFT JOIN currency c ON c.code = i.currency
    ORDER BY e.id, i.type <> 'Debit', i.accounting_code_id, i.position
"""  # noqa: S608

_TRANSACTIONS = f"""
    SELECT e.number, t.transaction_id, t.posting_date, t.amount, t.posting_key_id
    FROM (SELECT id, number FROM journal_entry WHERE journal_run_id = {_RUN_ID} ORDER BY id LIMIT ?) e
    LEFT JOIN (
        SELECT b.journal_entry_id, b.posting_date, b.posting_key_id, b.id AS bucket_id,
            t.id, t.transaction_id, t.amount,
            row_number() OVER (PARTITION BY b.journal_entry_id ORDER BY b.id, t.id) AS place
        FROM posting_bucket b JOIN bucket_transaction l ON l.posting_bucket_id = b.id
            JOIN billing_transaction t ON t.id = l.transaction_row_id
        WHERE b.journal_entry_id IN
            (SELECT id FROM journal_entry WHERE journal_run_id = {_RUN_ID} ORDER BY id LIMIT ?)
    ) t ON t.journal_entry_id = e.id AND t.place <= ?
    ORDER BY e.id, t.bucket_id, t.id
"""  # noqa: S608

_TRANSACTIONS_LATERAL = f"""
    SELECT e.number, t.transaction_id, t.posting_date, t.amount, t.posting_key_id
    FROM (SELECT id, number FROM journal_entry WHERE journal_run_id = {_RUN_ID} ORDER BY id LIMIT ?) e
    LEFT JOIN LATERAL (
        SELECT b.posting_date, b.posting_key_id, b.id AS bucket_id, t.id, t.transaction_id, t.amount
        FROM posting_bucket b JOIN bucket_transaction l ON l.posting_bucket_id = b.id
            JOIN billing_transaction t ON t.id = l.transaction_row_id
        WHERE b.journal_entry_id = e.id ORDER BY b.id, t.id LIMIT ?
    ) t ON true
    ORDER BY e.id, t.bucket_id, t.id
"""  # noqa: S608
"""For PostgreSQL, which reads only the transactions of the page; SQLite has no LATERAL."""

_KEYS = """
    SELECT k.id, k.currency, c.digits, k.segments, d.name, a.name, a.gl_account_number
    FROM posting_key k
    JOIN currency c ON c.code = k.currency
    JOIN accounting_code d ON d.id = k.debit_code_id
    JOIN accounting_code a ON a.id = k.credit_code_id
    WHERE k.id IN ({})
"""

_EDGES = """
    SELECT e.id, e.number, e.status, e.currency, e.total_debit, c.digits
    FROM journal_entry e JOIN currency c ON c.code = e.currency
    ORDER BY e.id LIMIT ?
"""

_RUNS = """
    SELECT r.number, r.status, r.target_start_date, r.target_end_date, r.total_journal_entry_count,
        (SELECT count(*) FROM journal_entry e WHERE e.journal_run_id = r.id AND e.status = 'Created'),
        r.transaction_count, r.created_at
    FROM journal_run r ORDER BY r.id DESC LIMIT ?
"""


class Reads:
    """What each endpoint answers, read in a thread. A run that does not exist is null."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    def run(self, request: Request) -> Any:
        """Two fields of one run."""
        rows = self._driver.tuples("SELECT number, status FROM journal_run WHERE number = ?", [_number(request)])
        return {"journalRun": {"number": rows[0][0], "status": RUN_STATUS[rows[0][1]]} if rows else None}

    def scalars(self, request: Request) -> Any:
        """Ten fields of each entry of a run."""
        rows = self._driver.tuples(_SCALARS, [_number(request), _size(request)])
        return self._entries(
            request,
            [
                {
                    "number": number,
                    "status": ENTRY_STATUS[status],
                    "transactionType": TRANSACTION_TYPE[kind],
                    "currency": currency,
                    "totalDebit": money(debit, digits),
                    "totalCredit": money(credit, digits),
                    "transactionCount": count,
                    "journalEntryDate": day,
                    "transferredToAccounting": TRANSFER_STATUS[transferred],
                    "createdAt": moment(created),
                }
                for number, status, kind, currency, debit, credit, count, day, transferred, created, digits in rows
            ],
        )

    def items(self, request: Request) -> Any:
        """Entries of a run with their items and codes."""
        entries: dict[str, list[dict[str, Any]]] = {}
        for number, kind, currency, amount, code, gl_number, digits in self._driver.tuples(
            _ITEMS, [_number(request), _size(request)]
        ):
            items = entries.setdefault(number, [])
            if kind is not None:
                items.append(
                    {
                        "type": ITEM_TYPE[kind],
                        "currency": currency,
                        "amount": money(amount, digits),
                        "accountingCode": {"name": code, "glAccountNumber": gl_number},
                    }
                )
        return self._entries(request, [{"number": number, "items": items} for number, items in entries.items()])

    def transactions(self, request: Request) -> Any:
        """Entries of a run with the first of their transactions."""
        run, size, inner = _number(request), _size(request), _size(request, "transactions")
        if self._driver.is_sqlite:
            rows = self._driver.tuples(_TRANSACTIONS, [run, size, run, size, inner])
        else:
            rows = self._driver.tuples(_TRANSACTIONS_LATERAL, [run, size, inner])
        keys = self._keys(list({row[4] for row in rows if row[4] is not None}))
        entries: dict[str, list[dict[str, Any]]] = {}
        for number, transaction_id, day, amount, key_id in rows:
            found = entries.setdefault(number, [])
            if key_id is not None:
                digits, shared = keys[key_id]
                found.append(
                    {
                        "transactionId": transaction_id,
                        "transactionDate": day,
                        "amount": money(amount, digits),
                        **shared,
                    }
                )
        return self._entries(
            request, [{"number": number, "transactions": {"nodes": found}} for number, found in entries.items()]
        )

    def edges(self, request: Request) -> Any:
        """Entries with their cursors, and the page's position."""
        size = _size(request)
        rows = self._driver.tuples(_EDGES, [size + 1])
        edges = [
            {
                "cursor": f"entries:{row_id}",
                "node": {
                    "id": number,
                    "number": number,
                    "status": ENTRY_STATUS[status],
                    "currency": currency,
                    "totalDebit": money(debit, digits),
                },
            }
            for row_id, number, status, currency, debit, digits in rows[:size]
        ]
        info = {
            "hasNextPage": len(rows) > size,
            "hasPreviousPage": False,
            "startCursor": edges[0]["cursor"] if edges else None,
            "endCursor": edges[-1]["cursor"] if edges else None,
        }
        total = self._driver.tuples("SELECT count(*) FROM journal_entry")[0][0]
        return {"journalEntries": {"edges": edges, "pageInfo": info, "totalCount": total}}

    def runs(self, request: Request) -> Any:
        """The newest runs."""
        nodes = [
            {
                "number": number,
                "status": RUN_STATUS[status],
                "targetStartDate": start,
                "targetEndDate": end,
                "totalJournalEntryCount": total,
                "liveJournalEntryCount": live,
                "transactionCount": transactions,
                "createdAt": moment(created),
            }
            for number, status, start, end, total, live, transactions, created in self._driver.tuples(
                _RUNS, [_size(request)]
            )
        ]
        total = self._driver.tuples("SELECT count(*) FROM journal_run")[0][0]
        return {"journalRuns": {"totalCount": total, "nodes": nodes}}

    def _entries(self, request: Request, nodes: list[dict[str, Any]]) -> Any:
        if not nodes and not self._driver.tuples("SELECT 1 FROM journal_run WHERE number = ?", [_number(request)]):
            return {"journalRun": None}
        return {"journalRun": {"journalEntries": {"nodes": nodes}}}

    def _keys(self, ids: list[int]) -> dict[int, tuple[int, dict[str, Any]]]:
        """The digits of each posting key's currency, and the fields that its transactions share."""
        if self._driver.is_sqlite:
            rows = self._driver.tuples(_KEYS.format(", ".join("?" * len(ids))), ids)
        else:
            rows = self._driver.tuples(_KEYS.replace("IN ({})", "= ANY(?)"), [ids])
        return {
            key_id: (
                digits,
                {
                    "currency": currency,
                    "segments": [{"name": name, "value": value} for name, value in decoded(segments).items()],
                    "debitAccount": {"name": debit},
                    "creditAccount": {"name": credit, "glAccountNumber": gl_number},
                },
            )
            for key_id, currency, digits, segments, debit, credit, gl_number in rows
        }


def _number(request: Request) -> str:
    return str(request.path_params["number"])


def _size(request: Request, name: str = "first") -> int:
    return min(1_000, int(request.query_params[name]))


def application(driver: Driver) -> Starlette:
    """The endpoints."""
    reads = Reads(driver)

    def endpoint(read: Callable[[Request], Any]) -> Callable[[Request], Any]:
        def work(request: Request) -> bytes:
            body: bytes = orjson.dumps({"data": read(request)})
            return body

        async def answer(request: Request) -> Response:
            return Response(await to_thread.run_sync(work, request), media_type="application/json")

        return answer

    async def alive(_request: Request) -> Response:
        return Response(b'{"status":"ok"}', media_type="application/json")

    return Starlette(
        routes=[
            Route("/run/{number}", endpoint(reads.run)),
            Route("/scalars/{number}", endpoint(reads.scalars)),
            Route("/items/{number}", endpoint(reads.items)),
            Route("/transactions/{number}", endpoint(reads.transactions)),
            Route("/edges", endpoint(reads.edges)),
            Route("/runs", endpoint(reads.runs)),
            Route("/healthz", alive),
        ]
    )


if __name__ == "__main__":
    serve(application(Driver(sys.argv[1])), int(sys.argv[2]))

"""The same schema served by Ariadne, with loaders over rows of the plain driver. URL PORT.

It resolves what the measured documents select. Documents are parsed and validated once, as in the gateway.
"""

import sys
from datetime import date
from functools import lru_cache
from typing import Any

from ariadne import (  # type: ignore[import-not-found, unused-ignore]
    EnumType,
    ObjectType,
    QueryType,
    ScalarType,
    load_schema_from_path,
    make_executable_schema,
)
from ariadne.asgi import GraphQL  # type: ignore[import-not-found, unused-ignore]
from graphql import DocumentNode, GraphQLError, GraphQLSchema, parse, validate
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from bench.reads.servers.ariadne_loaders import Loaders, Row
from bench.reads.servers.driver import Driver, Rows, decoded
from bench.reads.servers.serve import serve
from bench.reads.servers.values import WORDS, moment, money
from schema.schema import SDL_PATH

_ROWS_DEFAULT = 100


class Query:
    """The root fields."""

    def __init__(self, driver: Driver) -> None:
        self._driver = driver

    async def journal_run(self, _root: None, _info: Any, number: str) -> Row | None:
        """The run with that number."""
        rows = await self._driver.read_rows("SELECT * FROM journal_run WHERE number = ?", [number])
        return rows[0] if rows else None

    async def journal_runs(self, _root: None, info: Any, first: int = _ROWS_DEFAULT) -> Row:
        """The newest runs."""
        rows = await self._driver.read_rows("SELECT * FROM journal_run ORDER BY id DESC LIMIT ?", [first + 1])
        return self._connection(rows, first, "runs", "journal_run")

    async def journal_entries(self, _root: None, info: Any, first: int = _ROWS_DEFAULT) -> Row:
        """The oldest entries."""
        rows = await self._driver.read_rows(
            "SELECT e.*, c.digits FROM journal_entry e JOIN currency c ON c.code = e.currency ORDER BY e.id LIMIT ?",
            [first + 1],
        )
        return self._connection(rows, first, "entries", "journal_entry")

    def _connection(self, rows: Rows, size: int, name: str, table: str) -> Row:
        async def count(_info: Any) -> int:
            counted = await self._driver.read_rows(f"SELECT count(*) AS total FROM {table}")  # noqa: S608
            return int(counted[0]["total"])

        return connection(rows, size, name) | {"total_count": count}


def connection(rows: Rows, size: int, name: str) -> Row:
    """A page from up to `size` + 1 rows."""
    nodes = rows[:size]
    edges = [{"cursor": f"{name}:{row['id']}", "node": row} for row in nodes]
    return {
        "nodes": nodes,
        "edges": edges,
        "page_info": {
            "has_next_page": len(rows) > size,
            "has_previous_page": False,
            "start_cursor": edges[0]["cursor"] if edges else None,
            "end_cursor": edges[-1]["cursor"] if edges else None,
        },
    }


async def _entries_of_run(run: Row, info: Any, first: int = _ROWS_DEFAULT) -> Row:
    return connection(await _loaders(info).entries(run["id"], first + 1), first, "entries")


async def _transactions_of_entry(entry: Row, info: Any, first: int = _ROWS_DEFAULT) -> Row:
    return connection(await _loaders(info).transactions(entry["id"], first + 1), first, "transactions")


def _schema(driver: Driver) -> GraphQLSchema:
    query = QueryType()
    root = Query(driver)
    query.set_field("journalRun", root.journal_run)
    query.set_field("journalRuns", root.journal_runs)
    query.set_field("journalEntries", root.journal_entries)

    run = ObjectType("JournalRun")
    run.set_field("journalEntries", _entries_of_run)
    run.set_field("liveJournalEntryCount", lambda row, info: _loaders(info).live.load(row["id"]))

    entry = ObjectType("JournalEntry")
    entry.set_field("id", lambda row, _info: row["number"])
    entry.set_field("totalDebit", lambda row, _info: money(row["total_debit"], row["digits"]))
    entry.set_field("totalCredit", lambda row, _info: money(row["total_credit"], row["digits"]))
    entry.set_field("items", lambda row, info: _loaders(info).items.load(row["id"]))
    entry.set_field("transactions", _transactions_of_entry)

    item = ObjectType("JournalEntryItem")
    item.set_field("amount", lambda row, _info: money(row["amount"], row["digits"]))
    item.set_field("accountingCode", lambda row, info: _loaders(info).code.load(row["accounting_code_id"]))

    transaction = ObjectType("Transaction")
    transaction.set_field("amount", lambda row, _info: money(row["amount"], row["digits"]))
    transaction.set_field("segments", _segments)
    transaction.set_field("debitAccount", lambda row, info: _loaders(info).code.load(row["debit_code_id"]))
    transaction.set_field("creditAccount", lambda row, info: _loaders(info).code.load(row["credit_code_id"]))

    schema: GraphQLSchema = make_executable_schema(
        load_schema_from_path(str(SDL_PATH)),
        [query, run, entry, item, transaction],
        [EnumType(words.__name__, {word.name: word.value for word in words}) for words in WORDS],
        [ScalarType("Date", serializer=_day), ScalarType("DateTime", serializer=moment)],
        convert_names_case=True,
    )
    return schema


def _segments(row: Row, _info: Any) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in decoded(row["segments"]).items()]


def _day(value: Any) -> str:
    return value.isoformat() if isinstance(value, date) else str(value)


def _loaders(info: Any) -> Loaders:
    loaders: Loaders = info.context["loaders"]
    return loaders


class Kept:
    """Documents that were parsed and validated before."""

    def __init__(self) -> None:
        self._errors: dict[int, list[GraphQLError]] = {}

    @staticmethod
    @lru_cache(None)
    def parse(text: str) -> DocumentNode:
        """The document, which is kept."""
        return parse(text)

    def validate(self, schema: GraphQLSchema, document: DocumentNode, *args: Any, **kwargs: Any) -> list[GraphQLError]:
        """Its errors, by the identity of the kept document."""
        if id(document) not in self._errors:
            self._errors[id(document)] = validate(schema, document, *args, **kwargs)
        return self._errors[id(document)]


def application(driver: Driver) -> Starlette:
    """GraphQL and a health check."""
    kept = Kept()
    graphql = GraphQL(
        _schema(driver),
        context_value=lambda request, _data: {"request": request, "loaders": Loaders(driver)},
        query_parser=lambda _context, data: kept.parse(data["query"]),
        query_validator=kept.validate,
    )

    async def alive(_request: Request) -> JSONResponse:
        return JSONResponse({"status": "ok"})

    return Starlette(routes=[Route("/healthz", alive), Route("/graphql", graphql)])


if __name__ == "__main__":
    serve(application(Driver(sys.argv[1])), int(sys.argv[2]))

"""Compares the answers of every way to random documents, with all, some and no permissions, on the odd ledger."""

import asyncio
import json
import logging
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from random import Random
from typing import Any

import orjson
from graphql import GraphQLError, build_schema, parse, print_ast

from gateway.application import Application
from gateway.loading import keep_loaded
from schema.schema import SCHEMA
from storage.database import Database
from storage.words import Permission
from tests.support.answers import Answer, Caller, Way, answer, difference
from tests.support.known_values import KnownValues
from tests.support.odd_ledger import fill_oddly
from tests.support.random_documents import Asked, random_document

EVERYBODY = Caller("all permissions", frozenset(Permission))
NOBODY = Caller("no permissions", frozenset())

PLANNED = "by a plan"
"""The name of a count."""

FAILURES = {"Unanswerable", "DatabaseError", "UnfitText", "failed"}
"""Why a plan gave no answer although it was made: then the executor should find something wrong too."""

_VIEWS = (Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES)
_STREAMED = 5
"""The answers to one in so many documents are streamed."""


class Differ(AssertionError):
    """Two ways gave different answers. The text has all that is needed to ask again."""


class Comparison:
    """Databases with the same odd ledger, and the ways to ask them.

    By the executor, all databases must give the same answer; by plans, each must give the same as by the executor.
    """

    def __init__(self, databases: Mapping[str, Database], runner: asyncio.Runner) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: list[int] = []
        """Seeds of documents whose plan failed although nothing is wrong; the executor answered them."""
        self._contract = build_schema(SCHEMA.as_str())
        self._runner = runner
        gateways = {name: Application(database).gateway for name, database in databases.items()}
        self._stock = [Way(f"{name}, by the executor", gateway) for name, gateway in gateways.items()]
        self._planned = [
            Way(f"{name}, {'streamed' if streamed else 'by plans'}", gateway, True, streamed)
            for name, gateway in gateways.items()
            for streamed in (False, True)
        ]

    def compare_random(self, seed: int) -> None:
        """Compare all answers to the document of that seed. Raises Differ."""
        self.compare(random_document(self._contract, self._known, seed))

    @cached_property
    def _known(self) -> KnownValues:
        known = KnownValues(self._contract)
        self._runner.run(known.learn(self._ask))
        return known

    def compare(self, asked: Asked) -> None:
        """Compare all answers to the document, for three callers. Raises Differ."""
        self.counts["documents"] += 1
        for caller in (EVERYBODY, _somebody(asked.seed), NOBODY):
            if self._runner.run(self._compare(asked, caller)):
                break

    async def _compare(self, asked: Asked, caller: Caller) -> bool:
        """Compare the answers to this caller. Returns whether the document was refused, whoever asks."""
        stock = [(way, await _answered(way, asked, caller)) for way in self._stock]
        for way, expected in stock:
            self.counts["answers with errors" if expected.errors else "answers without errors"] += 1
            if not expected.same(stock[0][1]) and not _is_refused_by_one_database(asked):
                raise Differ(_report(asked, caller, difference(stock[0], (way, expected))))
        for way in self._ways(asked.seed, caller):
            given = await _answered(way, asked, caller)
            errors = " (with errors)" if given.errors else ""
            self.counts[PLANNED if given.planned else f"by the executor: {given.how}{errors}"] += 1
            if given.how in FAILURES and not given.errors:
                self.failed.append(asked.seed)
            by_executor = next(one for one in stock if one[0].gateway is way.gateway)
            if not given.same(by_executor[1]):
                raise Differ(_report(asked, caller, difference(by_executor, (way, given))))
        return any("path" not in error for error in stock[0][1].errors)

    def _ways(self, seed: int, caller: Caller) -> list[Way]:
        """The ways by plans. No database is asked for a caller without permissions, so one of them is enough."""
        ways = [way for way in self._planned if way.streamed == (seed % _STREAMED == 0)]
        return [ways[seed % len(ways)]] if caller is NOBODY else ways

    async def _ask(self, document: str) -> Any:
        """The data of a document that must have no errors."""
        found = await answer(self._stock[0], Asked(0, document, {}, None), EVERYBODY)
        assert not found.errors, found.errors
        return orjson.loads(found.data)


@contextmanager
def comparing(databases: Mapping[str, Database]) -> Iterator[Comparison]:
    """Fill these migrated, empty databases for comparisons. Inside, nothing is logged."""
    for database in databases.values():
        fill_oddly(database)
    logging.disable(logging.CRITICAL)
    keep_loaded()
    try:
        with asyncio.Runner() as runner:
            yield Comparison(databases, runner)
    finally:
        logging.disable(logging.NOTSET)


async def _answered(way: Way, asked: Asked, caller: Caller) -> Answer:
    """The answer by that way. Raises Differ if there is none."""
    try:
        return await answer(way, asked, caller)
    except Exception as error:
        raise Differ(_report(asked, caller, f"{way.name}: {error!r}")) from error


def _is_refused_by_one_database(asked: Asked) -> bool:
    """Whether a NUL is in it: PostgreSQL refuses such a text, and SQLite finds nothing that has it."""
    return "\\u0000" in asked.document + json.dumps(asked.variables)


def _somebody(seed: int) -> Caller:
    """A caller with one of the two permissions to view, and some others."""
    random = Random(seed)  # noqa: S311
    others = [one for one in Permission if one not in _VIEWS]
    permissions = {random.choice(_VIEWS), *random.sample(others, random.randint(0, len(others)))}
    names = ", ".join(sorted(one.name for one in permissions))
    return Caller(f"some permissions ({names})", frozenset(permissions), 'Key "é" \\ \U0001f600')


def _report(asked: Asked, caller: Caller, wrong: str) -> str:
    try:
        document = print_ast(parse(asked.document))
    except GraphQLError:
        document = asked.document
    return "\n".join(
        [
            f"seed {asked.seed}, {caller.name}; again: SEED={asked.seed} DOCUMENTS=1 make compare",
            document,
            f"variables: {json.dumps(asked.variables)}",
            f"operation: {asked.operation_name}",
            wrong,
        ]
    )

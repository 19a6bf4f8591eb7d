"""To a caller who may not see all, each report is that of a ledger that has only what they may see."""

import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import pytest

from storage.bi.catalogue import JOURNAL_RUNS, Column, Kind, View
from storage.bi.columns import batches
from storage.bi.questions import And, Compare, Comparison, Condition, Not, Or, Question, Sort, Value
from storage.bi.reading import count, rows, views_of
from storage.bi.scope import Scope
from storage.database import Database
from tests.conftest import Templates
from tests.database.test_bi_changes import Changes
from tests.database.test_organizations import LIMITS, Ledgers
from tests.support.compare import first_seed
from tests.support.direct_runs import cancel_now
from tests.support.postgresql import PostgreSQL

QUESTIONS = int(os.environ.get("DOCUMENTS") or 100)
OF_ALL = "JR-00000005"
"""A run over all organisations."""

TEXTS = [Comparison.CONTAINS, Comparison.STARTS_WITH, Comparison.ENDS_WITH]
ORDERED = [Comparison.GREATER, Comparison.AT_LEAST, Comparison.LESS, Comparison.AT_MOST]
EQUAL = [Comparison.EQUAL, Comparison.NOT_EQUAL]


@pytest.fixture(params=["sqlite", "postgresql"])
def ledgers(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> Iterator[Ledgers]:
    """On each database, with deleted runs of one organisation, of two, of others, and of all."""
    server: PostgreSQL | None = request.getfixturevalue("postgresql") if request.param == "postgresql" else None
    with ExitStack() as stack:
        made = Ledgers(stack, tmp_path, templates, server)
        cancel_now(made.whole, OF_ALL)
        for _ in range(4):
            Changes(made.whole).delete(0)
        yield made


class Whole:
    """Everything that the views have, from which questions are made."""

    def __init__(self, database: Database) -> None:
        self.views = list(views_of(database).values())
        self._rows = {view.name: rows(database, view, Question(view.names)) for view in self.views}

    def question(self, random: Random, view: View) -> Question:
        """A question that asks for values of anybody, from a position of anybody."""
        columns = [column for column in view.columns if column.kind is not Kind.JSON]
        chosen = random.sample(columns, random.randrange(3))
        order = [Sort(column.name, random.random() < 0.5) for column in chosen]
        where = self._condition(random, view, columns, random.randrange(3))
        limit, by_change = random.randint(1, 40), random.random() < 0.5
        return Question(view.names, where, order, limit=limit, skip=random.randrange(3), by_change=by_change)

    def _condition(self, random: Random, view: View, columns: list[Column], depth: int) -> Condition:
        if depth:
            parts = [self._condition(random, view, columns, depth - 1) for _ in range(2)]
            joined: list[Condition] = [And(parts), Or(parts), Not(parts[0])]
            return random.choice(joined)
        column = random.choice([*columns, *(each for each in columns if each.permission is not None)])
        value = self._value(random, view, column)
        if value is None or column.kind is Kind.BOOLEAN:
            return Compare(column.name, random.choice(EQUAL), value)
        return Compare(
            column.name, random.choice([*EQUAL, *ORDERED, *(TEXTS if column.kind is Kind.TEXT else [])]), value
        )

    def _value(self, random: Random, view: View, column: Column) -> Value:
        found: Any = random.choice(self._rows[view.name]).values[view.names.index(column.name)]
        if isinstance(found, str) and random.random() < 0.5:
            return found[random.randrange(len(found)) :]
        return found  # type: ignore[no-any-return]


def test_a_report_has_what_a_ledger_of_its_own_would_have(ledgers: Ledgers) -> None:
    seed = first_seed()
    print(f"SEED={seed}")  # noqa: T201  (shown if the test fails)
    whole, found_rows = Whole(ledgers.whole), 0
    cases = []
    for organizations, runs in LIMITS:
        cases.append((Scope(organizations), ledgers.only(organizations, runs)))
        # Who may not view runs sees no number of one.
        hidden = Scope(organizations, frozenset(["journal_run_number"]))
        cases.append((hidden, ledgers.only(organizations, frozenset())))
    for number in range(QUESTIONS):
        random = Random(seed + number)  # noqa: S311
        scope, own = random.choice(cases)
        view = random.choice([view for view in whole.views if not scope.hidden or view.name != JOURNAL_RUNS.name])
        question = whole.question(random, view)
        told = (seed + number, scope, question)
        assert count(ledgers.whole, view, question.where, scope) == count(own, view, question.where), told
        exported = [
            sorted(str(row) for batch in of for row in batch.to_pylist())
            for of in (
                batches(ledgers.whole, view, view.names, question.where, scope),
                batches(own, view, view.names, question.where),
            )
        ]
        assert exported[0] == exported[1], told
        for _ in range(3):
            expected = rows(own, view, question)
            assert rows(ledgers.whole, view, question, scope) == expected, told
            found_rows += len(expected)
            if not expected:
                break
            question = replace(question, after=expected[-1].position, skip=0)
        # A position that another caller has been given.
        foreign = rows(ledgers.whole, view, replace(question, after=None, skip=0))
        if foreign:
            question = replace(question, after=random.choice(foreign).position, skip=0)
            assert rows(ledgers.whole, view, question, scope) == rows(own, view, question), told
    assert found_rows > QUESTIONS

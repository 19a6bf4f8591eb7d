"""Rejected lines, collected."""

from collections.abc import Sequence

from gateway.reasons import reasons
from resolvers.import_transactions import import_transactions
from runs.violations import Violation
from storage.database import Database


class Rejected(dict[int, str]):
    """The reasons of rejected lines by their number; an import calls it for each."""

    def __call__(self, number: int, violations: Sequence[Violation]) -> None:
        self[number] = reasons(violations)


def import_result(database: Database, *lines: dict[str, str]) -> tuple[int, int, dict[int, str]]:
    """Import these lines: how many were recorded, how many had been before, and the reasons of the others by line."""
    rejected = Rejected()
    done = import_transactions(database, enumerate(lines, start=2), rejected, source="test", actor="test")
    assert done.rejected == len(rejected)
    assert list(rejected) == sorted(rejected)
    return done.recorded, done.duplicates, rejected

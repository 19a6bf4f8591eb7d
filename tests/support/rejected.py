"""Rejected lines, collected."""

from collections.abc import Sequence

from gateway.reasons import reasons
from runs.violations import Violation


class Rejected(dict[int, str]):
    """The reasons of rejected lines by their number; an import calls it for each."""

    def __call__(self, number: int, violations: Sequence[Violation]) -> None:
        self[number] = reasons(violations)

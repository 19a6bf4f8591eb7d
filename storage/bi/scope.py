"""What a reader of views may see."""

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Scope:
    """Only what belongs to these organisations is there, if they are given; hidden columns are null in every row."""

    organizations: frozenset[str] | None = None
    hidden: Collection[str] = frozenset()


EVERYTHING = Scope()

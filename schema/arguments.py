"""The arguments that lists share."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from resolvers.paging import window
from storage.pages import Window

First = Annotated[
    int | None, strawberry.argument(description="The page's size, counted from the start: at most 1,000, or else 100.")
]
After = Annotated[str | None, strawberry.argument(description="Begin after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="The page's size, counted from the end: at most 1,000.")]
Before = Annotated[str | None, strawberry.argument(description="End before this cursor.")]
RunNumber = Annotated[str, strawberry.argument(description="The run's number, such as JR-00000001.")]
EntryNumber = Annotated[str, strawberry.argument(description="The entry's number, such as JE-00000001.")]


def page(
    first: int | None = UNSET, after: str | None = UNSET, last: int | None = UNSET, before: str | None = UNSET
) -> Window:
    """The part of a list that the arguments ask for. Raises RequestError when they contradict."""
    asked: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return window(**{name: value for name, value in asked.items() if value is not UNSET})


def given(values: object) -> dict[str, Any]:
    """The fields of an input that were given."""
    return {name: value for name, value in vars(values).items() if value is not UNSET}

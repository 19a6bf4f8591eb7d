"""Arguments shared by all lists."""

from typing import Annotated, Any

import strawberry
from strawberry import UNSET

from resolvers.paging import window
from storage.pages import Window

First = Annotated[
    int | None, strawberry.argument(description="Return the first N rows, 1,000 at most; the default is 100.")
]
After = Annotated[str | None, strawberry.argument(description="Return rows after this cursor.")]
Last = Annotated[int | None, strawberry.argument(description="Return the last N rows, 1,000 at most.")]
Before = Annotated[str | None, strawberry.argument(description="Return rows before this cursor.")]
RunNumber = Annotated[str, strawberry.argument(description="Run number, such as JR-00000001.")]
EntryNumber = Annotated[str, strawberry.argument(description="Entry number, such as JE-00000001.")]

Input = strawberry.argument(description="Input.")


def page(
    first: int | None = UNSET, after: str | None = UNSET, last: int | None = UNSET, before: str | None = UNSET
) -> Window:
    """The window of a list that the arguments select. Raises RequestError if they contradict each other."""
    arguments: dict[str, Any] = {"first": first, "after": after, "last": last, "before": before}
    return window(**{name: value for name, value in arguments.items() if value is not UNSET})


def given(values: object) -> dict[str, Any]:
    """The fields that the client set in an input."""
    return {name: value for name, value in vars(values).items() if value is not UNSET}

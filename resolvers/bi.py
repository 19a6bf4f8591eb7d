"""Reports: what callers may ask of the views of the flat model.

View journal runs and View journal entries are needed as everywhere, and organisations limit what there is.
"""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeVar

from resolvers.context import Context, worded
from resolvers.errors import RequestError
from resolvers.views import view_named
from storage.bi import reading
from storage.bi.catalogue import View
from storage.bi.positions import UnfitPosition
from storage.bi.questions import Condition, Question
from storage.bi.reading import Row
from storage.bi.scope import Scope
from storage.database import Database

if TYPE_CHECKING:  # it takes a moment to load
    import pyarrow as pa  # type: ignore[import-untyped]

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Reports:
    """The views, for one caller. Each method raises as `Gateway.read`."""

    context: Context

    async def views(self) -> Mapping[str, View]:
        """The views that the caller may see, by name, with the columns of this ledger's segments."""
        views = await self._ask(reading.views_of)
        return {name: view for name, view in views.items() if self._may_see(view)}

    async def view(self, name: str) -> View:
        """The view with that name, with or without `bi_`.

        Raises NotFound, which names the views that there are, and Forbidden.
        """
        found = view_named(await self._ask(reading.views_of), name)
        if found.permission is not None:
            self.context.require(found.permission)
        return found

    async def rows(self, view: View, question: Question) -> list[Row]:
        """The rows that answer the question; a column that the caller may not see is null.

        Raises RequestError if no answer has given its position.
        """
        scope = self.scope(view)
        try:
            return await self._ask(lambda database: reading.rows(database, view, question, scope))
        except UnfitPosition:
            raise RequestError("The cursor is not one of this request; leave it out to begin anew.") from None

    async def count(self, view: View, where: Condition) -> int:
        """The number of rows that meet the condition."""
        scope = self.scope(view)
        return await self._ask(lambda database: reading.count(database, view, where, scope))

    def batches(self, view: View, columns: Sequence[str], where: Condition) -> Generator["pa.RecordBatch"]:
        """All rows that meet the condition, as `storage.bi.columns.batches`; to be read in a thread, and closed."""
        from storage.bi.columns import batches

        with worded():
            yield from batches(self.context.gateway.database, view, columns, where, self.scope(view))

    async def as_of(self) -> datetime:
        """The moment of the ledger's last change."""
        return await self._ask(reading.as_of)

    def scope(self, view: View) -> Scope:
        """What the caller may see of the view."""
        hidden = frozenset(
            column.name
            for column in view.columns
            if column.permission is not None and column.permission not in self.context.permissions
        )
        return Scope(self.context.organizations, hidden)

    async def _ask(self, function: Callable[[Database], Result]) -> Result:
        return await self.context.gateway.report(function)

    def _may_see(self, view: View) -> bool:
        return view.permission is None or view.permission in self.context.permissions

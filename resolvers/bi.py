"""Reports: what callers may ask of the views of the flat model.

View journal runs and View journal entries are needed as everywhere, and organisations limit what there is.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from resolvers.context import Context
from storage.bi.catalogue import View
from storage.bi.questions import Condition, Question
from storage.bi.reading import Row

if TYPE_CHECKING:
    import pyarrow as pa  # type: ignore[import-untyped]


@dataclass(frozen=True, slots=True)
class Reports:
    """The views, for one caller."""

    context: Context

    async def views(self) -> Mapping[str, View]:
        """The views that the caller may see, by name, with the columns of this ledger's segments."""
        raise NotImplementedError

    async def view(self, name: str) -> View:
        """The view with that name, with or without `bi_`.

        Raises NotFound, which names the views that there are, and Forbidden.
        """
        raise NotImplementedError

    async def rows(self, question: Question) -> list[Row]:
        """The rows that answer the question; a column that the caller may not see is null. Raises as `Gateway.read`."""
        raise NotImplementedError

    async def count(self, view: str, where: Condition) -> int:
        """The number of rows that meet the condition. Raises as `Gateway.read`."""
        raise NotImplementedError

    def batches(self, question: Question) -> Iterator["pa.RecordBatch"]:
        """The rows in columns, at one moment; to be called in a thread. Raises what `storage.bi.reading.batches` does."""
        raise NotImplementedError

    async def as_of(self) -> datetime:
        """The moment of the ledger's last change. Raises as `Gateway.read`."""
        raise NotImplementedError

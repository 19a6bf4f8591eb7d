"""What a request asks to be exported, and by whom."""

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from importlib import metadata
from typing import TYPE_CHECKING

from starlette.requests import Request

from gateway.authentication import Authentication
from gateway.bi.answering import reports_for
from gateway.bi.filters import Selection, selection, single
from gateway.exports.formats import FORMATS, Format
from resolvers.bi import Reports
from resolvers.context import Gateway
from resolvers.errors import NotFound, RequestError
from storage.bi.catalogue import Column, View

if TYPE_CHECKING:  # it takes a moment to load
    import pyarrow as pa  # type: ignore[import-untyped]

STREAM = "stream"

_VERSION = metadata.version("journal-gateway")


@dataclass(frozen=True)
class Asked:
    """An export: of what, in which format, and for whom."""

    reports: Reports
    view: View
    format: Format
    selection: Selection
    is_stream: bool
    as_of: datetime

    @property
    def columns(self) -> Sequence[Column]:
        """The columns of the file."""
        return [self.view.column(name) for name in self.selection.columns]

    def batches(self) -> "Generator[pa.RecordBatch]":
        """The rows of the file, to be read in a thread."""
        return self.reports.batches(self.view, self.selection.columns, self.selection.where)

    @property
    def file_name(self) -> str:
        """What the file is called."""
        return f"{self.view.short_name}.{self.format.name}"

    @cached_property
    def question(self) -> str:
        """Identifies what is asked and what the caller may see: two callers share a file only if both are the same."""
        scope = self.reports.scope(self.view)
        organizations = None if scope.organizations is None else sorted(scope.organizations)
        asked = (self.view.name, self.view.names, self.format.name, list(self.selection.columns), self.selection.where)
        return _digest(repr((asked, organizations, sorted(scope.hidden))))

    @cached_property
    def state(self) -> str:
        """Identifies the file that answers it, as the ledger is now and as this release writes it."""
        return _digest(repr((self.question, self.as_of, _VERSION)))


async def asked(request: Request, gateway: Gateway, authentication: Authentication) -> Asked:
    """What the request asks. Raises RequestError."""
    reports = await reports_for(request, gateway, authentication)
    name, format = _split(request.path_params["file"])
    view = await reports.view(name)
    chosen = selection(request.query_params, view, [STREAM])
    stream = single(request.query_params, STREAM)
    if stream not in (None, "0", "1"):
        raise RequestError(f"{STREAM}: {stream[:100]!r} is neither 0 nor 1; 1 streams the file without its length.")
    return Asked(reports, view, format, chosen, stream == "1", await reports.as_of())


def _split(file: str) -> tuple[str, Format]:
    name, _, ending = file.rpartition(".")
    if ending not in FORMATS:
        endings = ", ".join(f".{format}" for format in FORMATS)
        raise NotFound(
            f"There is no file {file[:100]!r}; ask for a view and a format, such as journal_entry_items.csv."
            f" The formats are {endings}."
        )
    return name, FORMATS[ending]


def _digest(text: str) -> str:
    return sha256(text.encode(errors="surrogatepass")).hexdigest()[:32]

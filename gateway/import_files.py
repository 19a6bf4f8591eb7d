"""`journal-gateway import`: files into the ledger, with progress, a summary, and the rejected lines in a file."""

import csv
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from gateway.feed import Feed, FeedError, Malformed, open_feed
from resolvers.import_lines import Imported, Line, Lines, Reject

Import = Callable[[Lines, Reject, str], Imported]
"""Takes the lines of a file, somewhere to put the rejected ones, and the file's name."""


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns that a kind of file has."""

    required: Collection[str]
    optional: Collection[str]
    prefixes: Collection[str] = ()


class Rejects:
    """A CSV file of rejected lines with their reasons, made when the first one comes."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.count = 0
        self._file: IO[str] | None = None
        self._writer: Any = None

    def add(self, line: int, reason: str) -> None:
        """Write down a rejected line."""
        if self._file is None:
            try:
                self._file = self.path.open("w", encoding="utf-8", newline="")
            except OSError as error:
                message = f"rejected lines cannot be written here: {error.strerror}"
                raise FeedError(str(self.path), None, message) from error
            self._writer = csv.writer(self._file)
            self._writer.writerow(["line", "reason"])
        self._writer.writerow([line, reason])
        self.count += 1

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()
            # A file that was refused whole has no single line to mend.
            if kind is not None:
                self.path.unlink()


def import_file(source: str, columns: Columns, import_lines: Import, console: Console, rejects: Path) -> Imported:
    """Import one file and tell what became of it. Raises FeedError or ImportRefused with nothing taken."""
    with (
        open_feed(source, required=columns.required, optional=columns.optional, prefixes=columns.prefixes) as feed,
        Rejects(rejects) as rejected,
        Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            TaskProgressColumn(),
            TextColumn("{task.fields[lines]:,} lines"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        ) as progress,
    ):
        imported = import_lines(_lines(feed, progress), rejected.add, feed.name)
    _tell(feed.name, imported, rejected, console)
    return imported


def _lines(feed: Feed, progress: Progress) -> Iterator[Line]:
    task = progress.add_task(feed.name, total=feed.progress.bytes_total, lines=0)
    for count, record in enumerate(feed, start=1):
        if isinstance(record, Malformed):
            yield record.line, record.message
        else:
            yield record.line, record.values
        if count % 1_000 == 0:
            progress.update(task, completed=feed.progress.bytes_read, lines=count)


def _tell(name: str, imported: Imported, rejected: Rejects, console: Console) -> None:
    console.print(
        f"{name}: {imported.recorded:,} recorded, {imported.duplicates:,} duplicates, {imported.rejected:,} rejected"
        + (f", {imported.rates_added:,} given their exchange rates" if imported.rates_added else ""),
        highlight=False,
        soft_wrap=True,
    )
    if imported.totals:
        table = Table(box=None, show_header=False, padding=(0, 1))
        table.add_column(justify="right")
        table.add_column()
        for currency, total in sorted(imported.totals.items()):
            table.add_row(f"{total:,}", currency)
        console.print(table)
    for warning in imported.warnings():
        console.print(f"Warning: {warning}", soft_wrap=True, highlight=False)
    if rejected.count:
        console.print(f"The rejected lines and their reasons stand in {rejected.path}", soft_wrap=True, highlight=False)

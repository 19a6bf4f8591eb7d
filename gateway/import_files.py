"""`journal-gateway import`: import files with progress, a summary, and a list of rejected lines."""

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from gateway.feed import Block, Feed, Format, Malformed, Record, open_feed
from gateway.import_progress import progress_bar
from gateway.import_summary import summary
from gateway.printable import printable
from gateway.reasons import reasons
from gateway.rejects import Rejects
from resolvers.blocks import Block as ImportBlock
from resolvers.import_lines import Imported, Line, Lines, OnlyChecked, Reject, Settle
from runs.violations import Violation

Import = Callable[[Lines, Reject, Settle, str], Imported]
"""Called with a file's lines, a callback for rejected lines, one for before the commit, and the file's name."""

ImportBlocks = Callable[[Iterable[ImportBlock], Reject, Settle, str], Imported]
"""The same for a large file, with blocks of lines."""


@dataclass(frozen=True, slots=True)
class Importer:
    """How files of a kind are imported: by lines, and large ones by blocks where that is possible."""

    lines: Import
    blocks: ImportBlocks | None = None


@dataclass(frozen=True, slots=True)
class Columns:
    """The columns of a kind of file."""

    required: Collection[str]
    optional: Collection[str]
    prefixes: Collection[str] = ()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of file: its columns, and how many of the latest lines can still be rejected (None: all of them)."""

    columns: Columns
    look_back: int | None = None


def import_file(
    source: str, kind: Kind, importer: Importer, console: Console, path: Path, *, format: Format | None, check: bool
) -> Imported:
    """Import one file and print a summary. With `check`, do everything except recording.

    The list of rejected lines is written to `path`. Raises FeedError or ImportRefused with nothing recorded.
    """
    columns = kind.columns
    with (
        open_feed(
            source, required=columns.required, optional=columns.optional, prefixes=columns.prefixes, format=format
        ) as feed,
        Rejects(path, feed.columns, (*columns.required, *columns.optional), kind.look_back) as rejects,
        progress_bar(console) as progress,
    ):

        def settle() -> None:
            rejects.sync()
            if check:
                raise OnlyChecked

        def reject(number: int, violations: Sequence[Violation]) -> None:
            rejects.add(number, reasons(violations))

        if importer.blocks is not None and feed.is_large():
            imported = importer.blocks(_blocks(feed, progress, rejects), reject, settle, feed.name)
        else:
            imported = importer.lines(_lines(feed, progress, rejects), reject, settle, feed.name)
        rejects.sync()
        note = rejects.keep()
    for line in summary(feed.name, imported, rejects.path if rejects.count else None, check=check):
        _print(console, line)
    if note is not None:
        _print(console, note)
    return imported


def _lines(feed: Feed, progress: Progress, rejects: Rejects) -> Iterator[Line]:
    task = progress.add_task(printable(feed.name), total=feed.progress.bytes_total, lines=0)
    for count, record in enumerate(feed, start=1):
        yield _held(record, rejects)
        if count % 1_000 == 0:
            progress.update(task, completed=feed.progress.bytes_read, lines=count)


def _held(record: Record | Malformed, rejects: Rejects) -> Line:
    """The record as a line that can be rejected."""
    rejects.hold(record.line, record.cells)
    return record.line, record.message if isinstance(record, Malformed) else record.values


def _blocks(feed: Feed, progress: Progress, rejects: Rejects) -> Iterator[ImportBlock]:
    task = progress.add_task(printable(feed.name), total=feed.progress.bytes_total, lines=0)
    for block in feed.blocks():
        yield _HeldBlock(block, rejects)
        progress.update(
            task, completed=feed.progress.bytes_read, lines=progress.tasks[task].fields["lines"] + block.rows
        )


class _HeldBlock:
    """A block of which every line that is read can be rejected."""

    def __init__(self, block: Block, rejects: Rejects) -> None:
        self.columns = block.columns
        self.rows = block.rows
        self.doubtful = block.doubtful
        self._block = block
        self._rejects = rejects

    def read(self, places: Sequence[int]) -> list[Line | None]:
        """The lines in these places; None where a row is no line."""
        records = self._block.records(places)
        return [None if record is None else _held(record, self._rejects) for record in records]


def _print(console: Console, text: str) -> None:
    console.print(printable(text), soft_wrap=True, highlight=False)

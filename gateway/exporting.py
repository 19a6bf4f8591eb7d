"""`journal-gateway export` at work: from the words of the command to a file, whole or not at all."""

import os
import sys
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import IO

import pyarrow as pa  # type: ignore[import-untyped]
from rich.progress import Progress
from starlette.datastructures import QueryParams

from gateway.bi.filters import COLUMNS, Selection, selection
from gateway.export_progress import progress_bar
from gateway.exports.formats import FORMATS, Format
from gateway.exports.pieces import pieces
from gateway.exports.whole import write_whole
from gateway.new_file import new_file
from gateway.printable import printable
from gateway.terminal import err, out
from resolvers.errors import RequestError
from resolvers.views import view_named
from storage.bi.catalogue import View
from storage.bi.columns import batches
from storage.bi.reading import count, views_of
from storage.database import Database
from storage.errors import OperatorError

STANDARD_OUTPUT = "-"


class ExportRefused(OperatorError):
    """Nothing was exported. The text says why."""


def export_view(
    database: Database,
    view: str,
    *,
    format: str | None,
    output: str | None,
    columns: str | None,
    filters: Sequence[tuple[str, str]],
    overwrite: bool,
) -> None:
    """Write the view to the file, and say how much that is. Raises ExportRefused."""
    found, chosen = _asked(database, view, columns, filters)
    wanted = _format(format, output)
    name = output or f"{found.short_name}.{wanted.name}"
    with _output(name, wanted, overwrite=overwrite) as file, progress_bar(err) as progress:
        rows, size = _write(database, found, chosen, wanted, file, progress, name)
    written = f"{rows:,} {'row' if rows == 1 else 'rows'}, {size:,} bytes"
    if name == STANDARD_OUTPUT:
        err.print(written)
    else:
        out.print(f"{printable(name)}: {written}", soft_wrap=True)


def _asked(
    database: Database, name: str, columns: str | None, filters: Sequence[tuple[str, str]]
) -> tuple[View, Selection]:
    given = [*([] if columns is None else [(COLUMNS, columns)]), *filters]
    try:
        view = view_named(views_of(database), name)
        return view, selection(QueryParams(given), view, [])
    except RequestError as error:
        raise ExportRefused(str(error)) from error


def _format(format: str | None, output: str | None) -> Format:
    ending = (output or "").rpartition(".")[2].lower()
    return FORMATS[format or (ending if ending in FORMATS else "csv")]


@contextmanager
def _output(name: str, format: Format, *, overwrite: bool) -> Iterator[IO[bytes]]:
    if name != STANDARD_OUTPUT:
        path = Path(name)
        try:
            if path.exists() and not overwrite:
                raise FileExistsError
            with new_file(path, overwrite=overwrite) as file:
                yield file
        except FileExistsError:
            raise ExportRefused(f"{name} exists; use another --output, or --overwrite to replace it") from None
        except OSError as error:
            raise ExportRefused(f"{name} cannot be written: {error.strerror}") from error
        return
    if sys.stdout.isatty() and not format.is_text:
        raise ExportRefused(f"{format.name} is not for a terminal; use --output FILE")
    try:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        # Otherwise Python would try to flush it again, and fail.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise ExportRefused("standard output was closed before the end of the export") from error


def _write(
    database: Database,
    view: View,
    chosen: Selection,
    format: Format,
    file: IO[bytes],
    progress: Progress,
    name: str,
) -> tuple[int, int]:
    """Returns the rows and the bytes."""
    total = None if progress.disable else count(database, view, chosen.where)
    task = progress.add_task(printable(name), total=total)
    rows = size = 0

    def counted() -> Generator[pa.RecordBatch]:
        nonlocal rows
        with closing(batches(database, view, chosen.columns, chosen.where)) as found:
            for batch in found:
                rows += len(batch)
                yield batch

    for written in pieces(format, [view.column(column) for column in chosen.columns], counted()):
        for piece in written:
            write_whole(file, piece)
            size += len(piece)
        progress.update(task, completed=rows)
    return rows, size

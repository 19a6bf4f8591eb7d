"""The list of rejected lines: line numbers, reasons and cells, to be corrected and imported again."""

import csv
import os
import secrets
from collections import OrderedDict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import IO, Any

from gateway.feed import REJECTED, Cells, FeedError
from gateway.printable import printable
from gateway.rejects_path import is_list_of_rejects

_MOST_COLUMNS = 1_000


class Rejects:
    """A CSV file of rejected lines, written under a temporary name beside its path and moved there at the end.

    `hold` receives every line before it can be rejected, `add` each rejected one. `sync` flushes the list to disk
    before the import is committed; `keep` moves it into place afterwards. Without `keep` nothing is left behind.
    Where the feed has no columns of its own (NDJSON), the list has the known ones and any other names it finds.

    All raise FeedError where the file cannot be written.
    """

    def __init__(
        self, path: Path, columns: Sequence[str] | None, known: Collection[str], look_back: int | None = None
    ) -> None:
        self.path = path
        self.count = 0
        self._place = Path(os.path.realpath(path))
        self._earlier = _identity(self._place)
        self._named = columns is None
        self._columns = dict.fromkeys(known if columns is None else ())
        self._header = columns
        self._held: OrderedDict[int, Cells] = OrderedDict()
        self._look_back = look_back
        self._file: IO[str] | None = None
        self._made: list[Path] = []
        self._writer: Any = None
        self._synced = False

    def hold(self, line: int, cells: Cells) -> None:
        """Keep a line's cells: those of the latest `look_back` lines, or of all."""
        self._held[line] = cells
        if self._look_back is not None and len(self._held) > self._look_back:
            self._held.popitem(last=False)

    def add(self, line: int, reason: str) -> None:
        """Write a rejected line."""
        assert not self._synced
        cells = self._held[line]
        with self._writing():
            if self._file is None:
                self._open()
                if self._header is not None:
                    self._writer.writerow([*REJECTED, *self._header])
            self._writer.writerow([line, printable(reason), *map(_storable, self._ordered(cells))])
        self.count += 1

    def sync(self) -> None:
        """Flush the list to disk; afterwards no line can be added."""
        if self._file is None or self._synced:
            return
        with self._writing():
            self._flush()
            if self._named:
                self._write_with_header()
        self._synced = True

    def keep(self) -> str | None:
        """Replace an earlier list with this one, or remove it where no line was rejected.

        Returns a note for the user where the list was removed or could not be moved, else None.
        """
        if self._file is None:
            return self._remove_earlier()
        self._file.close()
        made = self._made[-1]
        try:
            if self._earlier is None:
                _move_to_nothing(made, self._place)
            elif _identity(self._place) == self._earlier and is_list_of_rejects(self._place, [()]):
                made.replace(self._place)
            else:
                raise FileExistsError(17, "File exists")
        except OSError as error:
            self._made.clear()
            self.path, wanted = made, self.path
            return f"the list of rejected lines could not be moved to {wanted} ({error.strerror})"
        self._made.clear()
        return None

    def _remove_earlier(self) -> str | None:
        if self._earlier is None or _identity(self._place) != self._earlier:
            return None
        try:
            self._place.unlink()
        except OSError as error:
            return f"the list of an earlier import, {self.path}, could not be removed ({error.strerror})"
        return f"removed {self.path}, the list of rejected lines of an earlier import"

    def _open(self) -> None:
        path = self._place.parent / f".rejects-{secrets.token_hex(8)}.csv"
        self._file = path.open("x", encoding="utf-8", errors="backslashreplace", newline="")
        self._made.append(path)
        self._writer = csv.writer(self._file)

    def _flush(self) -> None:
        assert self._file is not None
        self._file.flush()
        os.fsync(self._file.fileno())

    def _ordered(self, cells: Cells) -> Iterator[str]:
        if not isinstance(cells, Mapping):
            return iter(cells)
        for name in cells:
            self._columns.setdefault(name)
        if len(self._columns) > _MOST_COLUMNS:
            raise FeedError(
                str(self.path), None, f"the rejected lines have more than {_MOST_COLUMNS:,} different columns"
            )
        return (cells.get(name, "") for name in self._columns)

    def _write_with_header(self) -> None:
        """Rewrite the list under all the names it found; earlier lines are padded with empty cells."""
        assert self._file is not None
        self._file.close()
        with self._made[-1].open(encoding="utf-8", newline="") as written:
            self._open()
            csv.field_size_limit(max(csv.field_size_limit(), 1 << 30))
            width = len(REJECTED) + len(self._columns)
            rows = (row + [""] * (width - len(row)) for row in csv.reader(written))
            self._writer.writerows(chain([[*REJECTED, *map(_storable, self._columns)]], rows))
            self._flush()
        self._made.pop(0).unlink()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            message = f"rejected lines cannot be written here: {error.strerror}"
            raise FeedError(str(self.path), None, message) from error

    def __enter__(self) -> "Rejects":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            # The file is removed anyway.
            with suppress(OSError):
                self._file.close()
        for path in self._made:
            path.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _move_to_nothing(made: Path, place: Path) -> None:
    """Move the file to a path that does not exist. Raises OSError where it exists by now."""
    try:
        os.link(made, place)
    except FileExistsError:
        raise
    except OSError:
        # A file system without hard links: a file created between the check and the move is overwritten.
        if place.exists():
            raise
        made.rename(place)
    else:
        made.unlink()


def _storable(text: str) -> str:
    # A CSV file with NUL could not be read again; the escape shows where it was.
    return text.replace("\0", "\\0")

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
from gateway.new_file import move_to_nothing
from gateway.printable import printable
from gateway.rejects_path import is_list_of_rejects

_MOST_COLUMNS = 1_000


class Rejects:
    """A CSV file of rejected lines, written beside its path without a name and moved there at the end.

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
        self._made: Path | None = None
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
        """Flush the list to disk under another name than its own; afterwards no line can be added."""
        if self._file is None or self._synced:
            return
        with self._writing():
            if self._named:
                self._write_with_header()
            self._file.flush()
            os.fsync(self._file.fileno())
            self._name_it()
        self._synced = True

    def keep(self) -> str | None:
        """Replace an earlier list with this one, or remove it where no line was rejected.

        Returns a note for the user where the list was removed or could not be moved, else None.
        """
        if self._file is None:
            return self._remove_earlier()
        self._file.close()
        made = self._made
        assert made is not None
        try:
            if self._earlier is None:
                move_to_nothing(made, self._place)
            elif _identity(self._place) == self._earlier and is_list_of_rejects(self._place, [()]):
                made.replace(self._place)
            else:
                raise FileExistsError(17, "File exists")
        except OSError as error:
            self._made = None
            self.path, wanted = made, self.path
            return f"the list of rejected lines could not be moved to {wanted} ({error.strerror})"
        self._made = None
        return None

    def _remove_earlier(self) -> str | None:
        if self._earlier is None or _identity(self._place) != self._earlier:
            return None
        try:
            # It may have come since the path was checked, and be another's.
            if not is_list_of_rejects(self._place, [()]):
                return None
            self._place.unlink()
        except OSError as error:
            return f"the list of an earlier import, {self.path}, could not be removed ({error.strerror})"
        return f"removed {self.path}, the list of rejected lines of an earlier import"

    def _open(self) -> None:
        folder = self._place.parent
        how: dict[str, Any] = {"encoding": "utf-8", "errors": "backslashreplace", "newline": ""}
        try:
            # A file without a name is gone with whoever writes it, however that ends.
            descriptor = os.open(folder, os.O_TMPFILE | os.O_RDWR, 0o666)
        except (AttributeError, OSError):
            # Not every system and every file system has such files.
            path = self._new_path()
            self._file = path.open("x+", **how)
            self._made = path
        else:
            self._file = os.fdopen(descriptor, "w+", **how)
        self._writer = csv.writer(self._file)

    def _new_path(self) -> Path:
        return self._place.parent / f".rejects-{secrets.token_hex(8)}.csv"

    def _name_it(self) -> None:
        """Give the file a name, where it has none yet."""
        if self._made is not None:
            return
        assert self._file is not None
        path = self._new_path()
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            # Only with a folder does Python follow the link to the file.
            os.link(f"/proc/self/fd/{self._file.fileno()}", path.name, src_dir_fd=folder, dst_dir_fd=folder)
        finally:
            os.close(folder)
        self._made = path

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
        written, written_at = self._file, self._made
        assert written is not None
        with written:
            written.seek(0)
            self._open()
            csv.field_size_limit(max(csv.field_size_limit(), 1 << 30))
            width = len(REJECTED) + len(self._columns)
            rows = (row + [""] * (width - len(row)) for row in csv.reader(written))
            try:
                self._writer.writerows(chain([[*REJECTED, *map(_storable, self._columns)]], rows))
            finally:
                if written_at is not None:
                    written_at.unlink(missing_ok=True)

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
        if self._made is not None:
            self._made.unlink(missing_ok=True)


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        about = path.stat()
    except OSError:
        return None
    return about.st_dev, about.st_ino


def _storable(text: str) -> str:
    # A CSV file with NUL could not be read again; the escape shows where it was.
    return text.replace("\0", "\\0")

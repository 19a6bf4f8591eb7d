"""Where a list of rejects may be written: never over a file that this command did not create."""

import csv
import os
import stat
import sys
from collections.abc import Collection, Sequence
from pathlib import Path

from gateway.feed import REJECTED
from resolvers.import_lines import ImportRefused

_DATABASE_FILES = ("", "-wal", "-shm", "-journal", ".alive")
_LONGEST_HEADER = 1 << 20


def rejects_paths(
    sources: Sequence[str], given: Path | None, database_file: Path | None, kinds: Sequence[Collection[str]]
) -> list[Path]:
    """The path of each source's list of rejects.

    Raises ImportRefused where a path is one of the sources, a file of the database, or anything else that is not a
    list of rejects created by this command, for one of the `kinds` of files, each given by its required columns.
    Nothing is opened for writing.
    """
    if given is not None and len(sources) > 1:
        raise ImportRefused("--rejects works with one file only; import the files one by one, or omit it")
    if sources.count("-") > 1:
        raise ImportRefused("standard input (-) is given more than once, but can be read only once")
    paths = [given] if given is not None else _default_paths(sources)
    for path in paths:
        _check(path, sources, database_file, kinds)
    if given is not None:
        # By default the folder needs to be writable only if a line is rejected.
        _check_folder(given)
    return paths


def is_list_of_rejects(path: Path, kinds: Sequence[Collection[str]]) -> bool:
    """Whether the file is a list of rejects as this command writes it, of one of these kinds. Raises OSError."""
    with path.open("rb") as file:
        first = file.readline(_LONGEST_HEADER)
    # Other line endings mean that it was edited.
    if not first.startswith(",".join(REJECTED).encode()) or not first.endswith(b"\r\n"):
        return False
    names = next(csv.reader([first.decode(errors="replace")]), [])
    found = {name.strip() for name in names}
    return tuple(names[: len(REJECTED)]) == REJECTED and any(found.issuperset(required) for required in kinds)


def _default_paths(sources: Sequence[str]) -> list[Path]:
    paths: list[Path] = []
    for source in sources:
        name = "standard-input" if source == "-" else Path(source).name
        path, count = Path(f"{name}.rejects.csv"), 1
        # Files of one name from several folders must not overwrite each other's rejects.
        while path in paths:
            count += 1
            path = Path(f"{name}.{count}.rejects.csv")
        paths.append(path)
    return paths


def _check(path: Path, sources: Sequence[str], database_file: Path | None, kinds: Sequence[Collection[str]]) -> None:
    for source in sources:
        if _is_source(path, source):
            name = "standard input" if source == "-" else source
            raise _refused(path, f"it is {name}, one of the files to import; choose another path with --rejects")
    if database_file is not None:
        for ending in _DATABASE_FILES:
            if _same(path, Path(f"{database_file}{ending}")):
                raise _refused(path, "it is a file of the ledger's database; choose another path with --rejects")
    try:
        about = path.stat()
    except FileNotFoundError:
        return
    except OSError as error:
        raise _refused(path, f"{error.strerror}; choose another path with --rejects") from error
    if stat.S_ISDIR(about.st_mode):
        raise _refused(path, "it is a folder; name a file in it with --rejects")
    if not stat.S_ISREG(about.st_mode):
        raise _refused(path, "it is a device or a pipe; name a file with --rejects")
    try:
        ours = is_list_of_rejects(path, kinds)
    except OSError as error:
        raise _refused(path, f"the existing file cannot be read ({error.strerror})") from error
    if not ours:
        raise _refused(
            path,
            "the existing file is not a list of rejected lines from this command;"
            " choose another path with --rejects, or remove it",
        )


def _check_folder(path: Path) -> None:
    # By the path as given: a dangling link is followed to where its file would be.
    folder = Path(os.path.realpath(path)).parent
    if not folder.is_dir():
        raise _refused(path, f"there is no folder {folder}")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise _refused(path, f"no permission to write in the folder {folder}")


def _is_source(path: Path, source: str) -> bool:
    if source != "-":
        return _same(path, Path(source))
    try:
        piped, there = os.fstat(sys.stdin.fileno()), path.stat()
    except (OSError, ValueError):
        return False
    return os.path.samestat(piped, there)


def _same(one: Path, other: Path) -> bool:
    """Whether both are the same file, through links too, or would be once created."""
    try:
        return one.samefile(other)
    except OSError:
        return os.path.realpath(one) == os.path.realpath(other)


def _refused(path: Path, reason: str) -> ImportRefused:
    return ImportRefused(f"the list of rejected lines cannot be written to {path}: {reason}")

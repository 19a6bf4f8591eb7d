"""A file that is whole or not there: written beside its path, and moved there at the end."""

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO


@contextmanager
def new_file(path: Path, *, overwrite: bool) -> Iterator[IO[bytes]]:
    """Write to the file inside; afterwards it is at the path. If the block raises, nothing is left behind.

    Raises FileExistsError if there is a file by then that may not be overwritten, and other OSErrors.
    """
    place = Path(os.path.realpath(path))
    made = place.parent / f".{place.name[:100]}-{secrets.token_hex(8)}"
    with made.open("xb") as file:
        try:
            yield file
            file.flush()
            os.fsync(file.fileno())
            if overwrite:
                made.replace(place)
            else:
                move_to_nothing(made, place)
        finally:
            made.unlink(missing_ok=True)


def move_to_nothing(made: Path, place: Path) -> None:
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

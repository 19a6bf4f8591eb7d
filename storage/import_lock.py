"""One import in short transactions at a time, on SQLite: a locked file, which the system releases with its process."""

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.database import BUSY_SECONDS, Database, DatabaseBusy

_POLL_SECONDS = 0.05


@contextmanager
def import_lock(database: Database, wait_seconds: float = BUSY_SECONDS) -> Iterator[None]:
    """Inside, no other process imports in short transactions. Raises DatabaseBusy if one does so for that long."""
    # Where processes show that they live; `storage.liveness` has a name for each.
    path = Path(f"{database.url.database}.alive", "import")
    path.parent.mkdir(exist_ok=True)
    until = time.monotonic() + wait_seconds
    with path.open("w") as file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= until:
                    raise DatabaseBusy from None
                time.sleep(_POLL_SECONDS)
            else:
                break
        yield

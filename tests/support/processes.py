"""The gateway as a process of its own."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from storage.database import Database
from tests.support.command import start

Process = subprocess.Popen[str]


@contextmanager
def running(folder: Path, *arguments: str) -> Iterator[tuple[Process, str]]:
    """The command line serving on a free port: its process, and the URL that it prints."""
    with start(folder, *arguments, "--port", "0") as process:
        try:
            assert process.stdout is not None
            told = re.match(r"Journal Gateway on (http://127\.0\.0\.1:\d+)/graphql, with", process.stdout.readline())
            assert told, process.communicate()
            yield process, told[1]
        finally:
            process.kill()


def serving(folder: Path, database: Database) -> Any:
    """The command `serve` on the database."""
    return running(folder, "serve", "--database", database.url.render_as_string(hide_password=False))

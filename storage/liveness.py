"""Liveness of processes: each holds a lock that the operating system or the server releases when it dies."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import blake2b
from pathlib import Path
from typing import IO

import psycopg

from storage.database import Database

_KEEPALIVE = "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2 -c tcp_keepalives_count=3"


def liveness(database: Database, executor: str) -> "Liveness":
    """The liveness lock for the kind of database."""
    if database.is_sqlite:
        return FileLiveness(Path(f"{database.url.database}.alive"), executor)
    return ServerLiveness(database.url.set(drivername="postgresql").render_as_string(hide_password=False), executor)


class FileLiveness:
    """A locked file beside an embedded database."""

    def __init__(self, folder: Path, executor: str) -> None:
        self._folder = folder
        self._path = folder / executor
        self._file: IO[str] | None = None

    def hold(self) -> None:
        """Hold the lock of this process."""
        if self._file is None:
            self._folder.mkdir(exist_ok=True)
            self._file = self._path.open("w")
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    @contextmanager
    def dead(self, executor: str) -> Iterator[bool]:
        """Whether another process is dead. During the block, no third process gets the answer True."""
        path = self._folder / executor
        try:
            file = path.open("r+")
        except FileNotFoundError:
            yield True
            return
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True
            path.unlink(missing_ok=True)

    def release(self) -> None:
        """Release the lock."""
        if self._file is not None:
            self._path.unlink(missing_ok=True)
            self._file.close()
            self._file = None


class ServerLiveness:
    """An advisory lock of a PostgreSQL session."""

    def __init__(self, url: str, executor: str) -> None:
        self._url = url
        self._executor = executor
        self._connection: psycopg.Connection[tuple[bool]] | None = None

    def hold(self) -> None:
        """Hold the lock of this process; reconnect if the connection was lost."""
        if self._connection is not None and self._answers():
            return
        self._connection = psycopg.connect(self._url, autocommit=True, options=_KEEPALIVE)
        self._connection.execute("SELECT pg_advisory_lock(%s)", [_lock_key(self._executor)])

    @contextmanager
    def dead(self, executor: str) -> Iterator[bool]:
        """Whether another process is dead. During the block, no third process gets the answer True."""
        assert self._connection is not None
        key = [_lock_key(executor)]
        row = self._connection.execute("SELECT pg_try_advisory_lock(%s)", key).fetchone()
        got = row is not None and row[0]
        try:
            yield got
        finally:
            if got:
                self._connection.execute("SELECT pg_advisory_unlock(%s)", key)

    def release(self) -> None:
        """Release the lock."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _answers(self) -> bool:
        assert self._connection is not None
        try:
            self._connection.execute("SELECT true")
        except psycopg.OperationalError:
            self._connection.close()
            return False
        return True


Liveness = FileLiveness | ServerLiveness
"""The liveness lock of one process."""


def _lock_key(executor: str) -> int:
    return int.from_bytes(blake2b(executor.encode(), digest_size=8).digest(), "big", signed=True)

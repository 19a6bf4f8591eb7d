"""A real PostgreSQL server for the duration of the tests, on a free port and in a temporary directory."""

import ctypes
import os
import pwd
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import mkdtemp
from typing import Any, Self
from uuid import uuid4

import psycopg
from psycopg import sql

START_SECONDS = 60
STOP_SECONDS = 30


class PostgreSQLNotFound(Exception):
    """PostgreSQL's server is not installed: neither in PATH nor in /usr/lib/postgresql."""


class PostgreSQL:
    """One running server. Every test gets its own database."""

    def __init__(self) -> None:
        binaries = _find_binaries()
        account = _account()
        self._directory = Path(mkdtemp(prefix="postgresql-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._port = _free_port()
        try:
            if account:
                os.chown(self._directory, account["user"], account["group"])
            self._initialise(binaries, account)
            self._start(binaries, account)
        except BaseException:
            self.stop()
            raise

    @property
    def process_id(self) -> int:
        """The process that starts one for each connection."""
        assert self._process is not None
        return self._process.pid

    def create_database(self, template: str | None = None) -> str:
        """The URL of a new database: empty, or a copy of the one at the URL of the template, which must be idle."""
        name = f"test_{uuid4().hex}"
        source = "template1" if template is None else template.rpartition("/")[2]
        with self._connect() as connection:
            # Copying files takes three quarters of the time of copying through the log.
            strategy = sql.SQL("STRATEGY file_copy" if connection.info.server_version >= 150_000 else "")
            create = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
            connection.execute(create.format(sql.Identifier(name), sql.Identifier(source), strategy))
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/{name}"

    def drop_database(self, url: str) -> None:
        """Drop it, with its connections."""
        name = url.rpartition("/")[2]
        with self._connect() as connection:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    @contextmanager
    def unreachable(self, url: str) -> Iterator[None]:
        """Inside, the database has no connections and refuses new ones."""
        name = url.rpartition("/")[2]
        allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
        with self._connect() as connection:
            connection.execute(allow.format(sql.Identifier(name), sql.Literal(False)))
            connection.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [name])
            try:
                yield
            finally:
                connection.execute(allow.format(sql.Identifier(name), sql.Literal(True)))

    def stop(self) -> None:
        if self._process:
            self._process.send_signal(signal.SIGINT)  # a fast shutdown: open connections are not waited for
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _initialise(self, binaries: Path, account: dict[str, Any]) -> None:
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync"]
        done = subprocess.run(
            [binaries / "initdb", "--pgdata=data", *options],
            cwd=self._directory,
            capture_output=True,
            text=True,
            check=False,
            **account,
        )
        if done.returncode:
            raise RuntimeError(f"initdb failed:\n{done.stderr}")

    def _start(self, binaries: Path, account: dict[str, Any]) -> None:
        settings = {
            "fsync": "off",
            "full_page_writes": "off",
            "listen_addresses": "127.0.0.1",
            "max_connections": "200",
            "port": str(self._port),
            "unix_socket_directories": str(self._directory),
        }
        log = self._directory / "log"
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [binaries / "postgres", "-D", "data", *(f"--{name}={value}" for name, value in settings.items())],
                cwd=self._directory,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # so that Ctrl-C reaches the tests alone, and they stop the server
                preexec_fn=_die_with_parent,
                **account,
            )
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self._connect().close()
                return
            except psycopg.OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > deadline:
                    raise RuntimeError(f"PostgreSQL does not start:\n{log.read_text()}") from error
            time.sleep(0.05)

    def _connect(self) -> psycopg.Connection:
        return psycopg.connect(
            host=str(self._directory), port=self._port, user="postgres", dbname="postgres", autocommit=True
        )


def _find_binaries() -> Path:
    installed = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: float(path.parent.name))
    on_path = shutil.which("postgres")
    for directory in [*([Path(on_path).parent] if on_path else []), *reversed(installed)]:
        if (directory / "initdb").exists() and (directory / "postgres").exists():
            return directory
    raise PostgreSQLNotFound(PostgreSQLNotFound.__doc__)


def _account() -> dict[str, Any]:
    """The account to run the server as: PostgreSQL refuses to run as root."""
    if os.geteuid() != 0:
        return {}
    accounts = {entry.pw_name: entry for entry in pwd.getpwall()}
    account = accounts.get("postgres") or accounts["nobody"]
    return {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


_libc = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1


def _die_with_parent() -> None:
    """Linux stops the server when the thread that started it ends, even by SIGKILL: start it in the main thread.

    This runs in the child once it is no longer root, as a change of user would clear the request.
    """
    if sys.platform == "linux":
        _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGINT)

"""Servers as processes: started on a free port, and ended by their id."""

import os
import socket
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.reads.client import get

START_SECONDS = 60
STOP_SECONDS = 10
_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Running:
    """A process that serves on a port of the loopback address."""

    pid: int
    port: int


@contextmanager
def started(command: Sequence[str], url: str, *more: str, environment: Mapping[str, str]) -> Iterator[Running]:
    """The command with the database's URL and a port as arguments, once its health check answers."""
    port = _free_port()
    arguments = [*command, url, str(port), *more]
    process = subprocess.Popen(arguments, env={**os.environ, **environment}, stdin=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + START_SECONDS
        while not _answers(port):
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{' '.join(arguments)} does not start")
            time.sleep(0.1)
        yield Running(process.pid, port)
    finally:
        process.terminate()
        try:
            process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def cpu_seconds(pid: int) -> float:
    """The processor time that the process has used, in user and system mode; 0 if it has ended."""
    try:
        fields = _status(pid)
    except (FileNotFoundError, ProcessLookupError):
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICK


def children(pid: int) -> list[int]:
    """The ids of the processes that this one has started and that still run."""
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def parent(pid: int) -> int:
    """The id of the process that started this one."""
    return int(_status(pid)[1])


def _status(pid: int) -> list[str]:
    # The name of the process, in parentheses, may have spaces.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _answers(port: int) -> bool:
    try:
        return get(port, "/healthz")[0] == 200
    except OSError:
        return False


def _free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port

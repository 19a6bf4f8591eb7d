"""Running a command, and what it took: processor time, with PostgreSQL's, and peak memory."""

import os
import re
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from bench.installed import ROOT
from bench.reads.process import children

_TICK = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Took:
    """Seconds of the processor, of the command and of the server; the command's peak memory in MB, and its duration."""

    client: float
    server: float
    peak_mb: float
    told: str
    seconds: float

    @property
    def cpu(self) -> float:
        """The processor time of both."""
        return self.client + self.server


def run(command: Sequence[str | Path], folder: Path, server: int | None, *allowed: int) -> Took:
    """Run the command in the folder. `server` is PostgreSQL's process; other exit codes than 0 and `allowed` fail."""
    before = 0.0 if server is None else _with_children(server)
    began = time.perf_counter()
    with TemporaryFile("w+") as told:
        process = subprocess.Popen(command, cwd=folder, stdout=told)
        peak_mb = 0.0
        # The kernel's own peak of an ended process counts the process that started it too.
        while (ended := os.wait4(process.pid, os.WNOHANG))[0] == 0:
            peak_mb = _peak_mb(process.pid) or peak_mb
            time.sleep(0.02)
        seconds = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(ended[1])
        told.seek(0)
        text, usage = told.read(), ended[2]
    if process.returncode not in (0, *allowed):
        raise RuntimeError(f"{command} ended with {process.returncode}: {text}")
    after = 0.0 if server is None else _with_children(server)
    return Took(usage.ru_utime + usage.ru_stime, after - before, peak_mb, text, seconds)


def _peak_mb(process: int) -> float | None:
    found = re.search(r"VmHWM:\s+(\d+)", Path(f"/proc/{process}/status").read_text())
    return None if found is None else int(found[1]) / 1024


def bare(way: str, file: Path, database: str, server: int | None = None) -> Took:
    """Insert the file's rows by that way of `bench.imports.bare`."""
    took = run([sys.executable, "-m", "bench.imports.bare", way, file, database], ROOT, server)
    return Took(float(took.told), took.server, took.peak_mb, "", took.seconds)


def _with_children(process: int) -> float:
    """The processor time of a process, of its present children, and of those that have ended."""

    def fields(number: int) -> list[str]:
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()

    ticks = sum(map(int, fields(process)[11:15]))
    for child in children(process):
        try:
            ticks += sum(map(int, fields(child)[11:13]))
        except FileNotFoundError:
            continue  # it has ended, and the difference of two looks misses little
    return ticks / _TICK

"""A gateway in a process of its own, whose memory and log are watched."""

import re
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.command import COMMAND

STOP_SECONDS = 30


@dataclass(frozen=True, slots=True)
class GatewayProcess:
    """The process, its port, and the file with all that it prints."""

    process: subprocess.Popen[bytes]
    port: int
    printed: Path

    def memory(self) -> int:
        """Bytes that it holds in memory."""
        text = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", text)
        assert found is not None, text
        return int(found[1]) * 1024

    def log(self) -> str:
        """All that it has printed."""
        return self.printed.read_text(errors="replace")


@contextmanager
def gateway_process(folder: Path, database_url: str, *options: str) -> Iterator[GatewayProcess]:
    """Serve the database on a free port, until the end of the block."""
    printed = folder / "log"
    command = [str(COMMAND), "serve", "--database", database_url, "--port", "0", *options]
    with (
        printed.open("wb") as log,
        subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log) as process,
    ):
        try:
            assert process.stdout is not None
            told = re.match(rb"Journal Gateway on http://127\.0\.0\.1:(\d+)/", process.stdout.readline())
            assert told, printed.read_text()
            yield GatewayProcess(process, int(told[1]), printed)
            process.terminate()
            process.wait(STOP_SECONDS)
        finally:
            process.kill()

"""Running the command line: in its own process or, for many small cases, in this one."""

import io
import os
import subprocess
import sys
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from gateway.command_line import main

COMMAND = Path(sys.executable).with_name("journal-gateway")
PATIENCE_SECONDS = 120


def start(folder: Path, *arguments: str | Path) -> subprocess.Popen[str]:
    """Start the command line in this folder, its three streams piped."""
    pipe = subprocess.PIPE
    return subprocess.Popen(
        [COMMAND, *arguments], cwd=folder, env=_environment(), stdin=pipe, stdout=pipe, stderr=pipe, text=True
    )


def run(folder: Path, *arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """Run the command line in this folder to its end, with this text as its standard input."""
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=folder,
        env=_environment(),
        input=text,
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


def run_here(folder: Path, *arguments: str | Path, text: str = "") -> subprocess.CompletedProcess[str]:
    """The same in this process, which is much faster; an uncaught exception propagates."""
    command = [str(COMMAND), *map(str, arguments)]
    out, err, stdin = io.StringIO(), io.StringIO(), io.TextIOWrapper(io.BytesIO(text.encode()))
    code = None
    with chdir(folder), redirect_stdout(out), redirect_stderr(err), patch.multiple(sys, argv=command, stdin=stdin):
        try:
            main()
        except SystemExit as ended:
            code = ended.code
    assert isinstance(code, int), code
    return subprocess.CompletedProcess(command, code, out.getvalue(), err.getvalue())


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("JOURNAL_GATEWAY_")}

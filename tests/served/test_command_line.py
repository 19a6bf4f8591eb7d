"""The command line itself: its version, its exit codes, and interrupts."""

import subprocess
import sys
from importlib import metadata
from pathlib import Path

import pytest

from tests.support.command import run_here


def test_the_version_is_that_of_the_package(tmp_path: Path) -> None:
    done = run_here(tmp_path, "--version")

    assert (done.returncode, done.stdout, done.stderr) == (
        0,
        f"journal-gateway {metadata.version('journal-gateway')}\n",
        "",
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ("nothing",),
        ("import", "nothing", "x.csv"),
        ("import", "segments"),
        ("import", "segments", "x.csv", "--nothing"),
        ("import", "segments", "x.csv", "--format", "xlsx"),
        ("serve", "--port", "70000"),
    ],
)
def test_a_usage_error_has_its_own_exit_code(arguments: tuple[str, ...], tmp_path: Path) -> None:
    done = run_here(tmp_path, *arguments)

    assert (done.returncode, done.stdout) == (64, "")
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


INTERRUPT_AS_IT_LOADS = """
import os, signal, sys

class Finder:
    def find_spec(self, name, *_):
        if name == "gateway.command_line":
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Finder())
from gateway.start import main
main()
"""


def test_an_interrupt_while_the_command_loads_prints_no_traceback(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPT_AS_IT_LOADS, "--version"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert (done.returncode, done.stdout, done.stderr) == (130, "", "")


@pytest.mark.parametrize("port", ["abc", "99999", "-1"])
def test_an_invalid_port_in_a_database_url_is_reported_in_one_line(port: str, tmp_path: Path) -> None:
    url = f"postgresql://someone:sec@ret@127.0.0.1:{port}/x"
    done = run_here(tmp_path, "import", "segments", "-", "--database", url, text="segment\n")

    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert done.stderr.startswith("error: ")
    assert "sec" not in done.stderr.replace("database", "")


def test_escape_sequences_of_a_file_reach_no_terminal(tmp_path: Path) -> None:
    (tmp_path / "\x1b[31mred.csv").write_text("\x1b]0;title\x07,name\u202e\n1,2\n")

    header = run_here(tmp_path, "import", "segments", "\x1b[31mred.csv", "--database", "sqlite:///ledger.db")
    name = run_here(tmp_path, "import", "segments", "\x1b[31mnone.csv", "--database", "sqlite:///ledger.db")

    for done in (header, name):
        assert (done.returncode, done.stdout) == (1, "")
        assert all(char.isprintable() for char in done.stderr.rstrip("\n"))
    assert header.stderr.startswith("error: \\x1b[31mred.csv, line 1: missing column segment; unknown columns \\x1b]0;")
    assert "name\\u202e" in header.stderr

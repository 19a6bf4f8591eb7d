"""Running a client's program, which prints the responses it gets as lines of JSON."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import IO, Any, NamedTuple

import pytest

HERE = Path(__file__).parent
NPM = HERE / "npm"
PYPI = HERE / "pypi"
DOCUMENTS = HERE / "documents"

OLDEST_NODE = 20
PATIENCE_SECONDS = 120


class Line(NamedTuple):
    """A line printed by a program: its kind and its value."""

    kind: str
    value: Any


@cache
def _why_no_node() -> str | None:
    """Why npm programs cannot run here; None if they can."""
    found = shutil.which("node")
    if found is None:
        return f"there is no Node; install version {OLDEST_NODE} or newer with npm"
    told = subprocess.run([found, "--version"], capture_output=True, text=True, timeout=PATIENCE_SECONDS, check=False)
    if int(told.stdout.lstrip("v").partition(".")[0] or 0) < OLDEST_NODE:
        return f"Node is {told.stdout.strip()}; install version {OLDEST_NODE} or newer"
    if not (NPM / "node_modules" / "graphql-ws").is_dir():
        return "the clients from npm are not installed; run make .venv/.clients"
    return None


def node() -> str:
    """The Node executable. If npm programs cannot run, the test is skipped; in CI it fails."""
    require(_why_no_node())
    found = shutil.which("node")
    assert found is not None
    return found


def require(why_not: str | None) -> None:
    """Skip the test for that reason, if there is one; fail it in CI."""
    if why_not is None:
        return
    if os.environ.get("CI") == "true":
        pytest.fail(why_not)
    pytest.skip(why_not)


@cache
def documents() -> dict[str, str]:
    """The documents that all programs send, by name."""
    return {path.stem: path.read_text() for path in DOCUMENTS.glob("*.graphql")}


def command(program: Path) -> list[str]:
    """The command that runs the program, by its file extension."""
    if program.suffix == ".py":
        return [sys.executable, "-m", f"tests.clients.pypi.{program.stem}"]
    return [node(), str(program)]


@contextmanager
def started(program: Path, **given: Any) -> Iterator[Iterator[Line]]:
    """Start the program with these values; yields its lines as it prints them. It must exit by itself, with code 0."""
    process = subprocess.Popen(
        [*command(program), json.dumps({**given, "documents": documents()})],
        cwd=HERE.parent.parent if program.suffix == ".py" else program.parent,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    complaints: list[str] = []
    assert process.stdout is not None
    assert process.stderr is not None
    reader = threading.Thread(target=lambda: complaints.extend(process.stderr or ()), daemon=True)
    reader.start()
    too_late = threading.Timer(PATIENCE_SECONDS, process.kill)
    too_late.start()
    told: list[str] = []
    try:
        yield _lines(process.stdout, told)
        rest = process.stdout.read()
        code = process.wait()
        assert (code, rest) == (0, ""), f"{program.name} ended with {code}\n{rest}"
    except BaseException as error:
        process.kill()
        process.wait()
        reader.join()
        error.add_note(f"{program.name} told:\n{''.join(told)}\nand complained:\n{''.join(complaints)}")
        raise
    finally:
        too_late.cancel()
        too_late.join()
        process.stdout.close()
        process.stderr.close()


def _lines(stream: IO[str], told: list[str]) -> Iterator[Line]:
    for text in stream:
        told.append(text)
        yield Line(*json.loads(text))


def run(program: Path, **given: Any) -> list[Line]:
    """All lines that the program prints."""
    with started(program, **given) as lines:
        return list(lines)

"""One run: many inputs over sockets, and files, into the ledger of one database."""

import asyncio
import io
import re
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from rich.console import Console

from gateway.exports.formats import FORMATS
from gateway.import_files import import_file
from gateway.importing import FILES, Kind, importer
from storage.conservation import broken_rules
from storage.database import Database
from storage.errors import OperatorError
from tests.support.fuzzing.inputs import FileInput, Inputs
from tests.support.fuzzing.sending import send_all
from tests.support.ledger import line, post
from tests.support.processes import Process, serving

GROWTH_MAX = 64 * 1024 * 1024
"""Bytes of memory that a gateway may take after the first inputs; it has bounded caches."""

STOP_SECONDS = 30

WARM_UP = 0.2
"""The share of the inputs after which memory should no longer grow."""


def fuzz(
    folder: Path, database: Database, inputs: Inputs, numbers: range, files: range, advance: Callable[[], None]
) -> Counter[str]:
    """Send these inputs and import these files, in the empty folder; returns how often each kind of answer came.

    Fails for an answer that is a fault of the server, a connection that does not end, a traceback in the log, growth
    of memory, an uncaught exception of an import, and a ledger that breaks the conservation rules.
    """
    counts: Counter[str] = Counter()
    post(database, [line(f"posted {n}", segment_country=f"C{n % 12}", amount=f"{n}.01") for n in range(1, 60)])
    with serving(folder, database) as (process, url):
        port = urlsplit(url).port
        assert port is not None
        # The libraries of reports are loaded when they are first needed, and are no growth.
        for address in (
            "odata/accounting_codes?$filter=deleted",
            *(f"exports/accounting_codes.{end}" for end in FORMATS),
        ):
            httpx.get(f"{url}/{address}", timeout=STOP_SECONDS).raise_for_status()
        warm = numbers[: int(len(numbers) * WARM_UP)]
        asyncio.run(send_all(port, inputs, warm, advance, counts))
        before = _memory(process)
        asyncio.run(send_all(port, inputs, numbers[len(warm) :], advance, counts))
        grown = _memory(process) - before
        assert grown < GROWTH_MAX, f"the gateway's memory has grown by {grown:,} bytes, from {before:,}"
        assert process.poll() is None
        process.terminate()
        _, complaints = process.communicate(timeout=STOP_SECONDS)
    assert "Traceback" not in complaints, complaints[:10_000]
    for number in files:
        counts[_import(folder / "files", database, inputs.make_file(number))] += 1
        advance()
    with database.read() as session:
        assert broken_rules(session) == []
    return counts


def _memory(process: Process) -> int:
    """Bytes that the process holds in memory."""
    text = Path(f"/proc/{process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", text)
    assert found is not None, text
    return int(found[1]) * 1024


def _import(folder: Path, database: Database, given: FileInput) -> str:
    folder.mkdir()
    path = folder / f"given{given.ending}"
    path.write_bytes(given.content)
    console = Console(file=io.StringIO())
    run = importer(Kind.TRANSACTIONS, database)
    try:
        done = import_file(
            str(path), FILES[Kind.TRANSACTIONS], run, console, folder / "rejects", format=None, check=False
        )
    except OperatorError:
        return "file: refused"
    except Exception as error:
        raise AssertionError(f"the file with the seed {given.seed!r} is a fault: {given.content!r}") from error
    finally:
        shutil.rmtree(folder)
    return "file: taken, lines rejected" if done.rejected else "file: taken"

"""What takes long to load, or much memory, is loaded only by what needs it."""

import json
import subprocess
import sys
from pathlib import Path

from storage.database import Database
from storage.migration import migrate
from tests.support.ledger import fill, line

HEAVY = {"alembic", "cryptography", "httpx", "jwt", "odata_query", "pyarrow", "rapidfuzz"}
SERVING = {"dbos", "psycopg", "starlette", "strawberry", "uvicorn"}
LOADED = "import json, sys; print(json.dumps(sorted({name.partition('.')[0] for name in sys.modules})))"


def loaded(folder: Path, program: str) -> set[str]:
    """The packages that the program has loaded at its end."""
    command = [sys.executable, "-c", f"{program}\n{LOADED}"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout.splitlines()[-1]))


def ledger(folder: Path) -> None:
    """A filled ledger in the folder."""
    database = Database(f"sqlite:///{folder}/ledger.db")
    migrate(database)
    fill(database)
    database.close()


def test_serving_a_ledger_loads_nothing_heavy(tmp_path: Path) -> None:
    ledger(tmp_path)
    program = """
import asyncio
from gateway import command_line, serving
from gateway.application import Application
from storage.database import Database
from storage.migration import check_version, migrate

database = Database("sqlite:///ledger.db")
migrate(database)
check_version(database)
Application(database)
"""
    assert loaded(tmp_path, program) & HEAVY == set()


def test_a_small_import_loads_nothing_heavy(tmp_path: Path) -> None:
    ledger(tmp_path)
    (tmp_path / "feed.ndjson").write_text("".join(json.dumps(line(str(number))) + "\n" for number in range(10)))
    program = """
from gateway.command_line import app
app(["import", "transactions", "feed.ndjson", "--database", "sqlite:///ledger.db"], standalone_mode=False)
"""
    assert loaded(tmp_path, program) & (HEAVY | SERVING) == set()


def test_the_version_is_shown_without_the_ledger(tmp_path: Path) -> None:
    program = """
from gateway.command_line import app
app(["--version"], standalone_mode=False)
"""
    assert loaded(tmp_path, program) & (HEAVY | SERVING | {"pydantic", "sqlalchemy", "sqlmodel"}) == set()


def test_the_newest_version_is_that_of_alembic() -> None:
    """The gateway finds it by the names of files."""
    from alembic.script import ScriptDirectory

    from storage.migration import newest_version
    from storage.migrations.upgrade import config

    scripts = ScriptDirectory.from_config(config())
    assert newest_version() == scripts.get_current_head()
    assert scripts.get_heads() == [newest_version()]

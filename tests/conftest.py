"""Shared fixtures: both real databases, and a gateway served over a real socket."""

import logging
import os
import shutil
import ssl
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import pytest
from httpx._config import DEFAULT_TIMEOUT_CONFIG
from hypothesis import HealthCheck, settings

from gateway.application import Application
from gateway.loading import keep_loaded
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.conservation import broken_rules
from storage.database import Database
from storage.migration import migrate
from storage.settings import Ledger
from tests.support.client import Client
from tests.support.ledger import fill, keep
from tests.support.postgresql import PostgreSQL, PostgreSQLNotFound
from tests.support.served import served

IN_MEMORY = Path("/dev/shm")  # noqa: S108
ROOM_BYTES = 4 * 2**30


def pytest_configure() -> None:
    """Keep the tests' databases in memory if there is room: they sync as on a disk, but wait for none.

    Keep compiled modules too: otherwise each of more than a hundred processes compiles what it imports. And give
    Hypothesis time: an example that takes long is no failure.
    """
    # Fixtures hold for all examples of a test.
    unchecked = [HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
    settings.register_profile("tests", settings(), deadline=None, suppress_health_check=unchecked)
    settings.load_profile("tests")
    sys.dont_write_bytecode = False
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    if "TMPDIR" not in os.environ and IN_MEMORY.is_dir() and shutil.disk_usage(IN_MEMORY).free >= ROOM_BYTES:
        os.environ["TMPDIR"] = str(IN_MEMORY)


def pytest_collection_finish() -> None:
    """What is there now stays: a collection of garbage that went through all of it would take half a second."""
    keep_loaded()


@pytest.fixture(autouse=True, scope="session")
def _strict() -> None:
    """A plan that fails is a fault in tests; users are answered the stock way."""
    SCHEMA.planning = Planning.STRICT


@pytest.fixture(autouse=True, scope="session")
def _certificates() -> Iterator[None]:
    """Read certificates once: each client does, although none speaks TLS, and it takes longer than most requests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ssl, "create_default_context", cache(ssl.create_default_context))
        yield


@pytest.fixture(autouse=True, scope="session")
def _patience() -> Iterator[None]:
    """Give every request a minute: httpx would give it five seconds, which a busy machine may take."""
    with pytest.MonkeyPatch.context() as patch:
        for phase in ("connect", "read", "write", "pool"):
            patch.setattr(DEFAULT_TIMEOUT_CONFIG, phase, 60)
        yield


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgreSQL]:
    """The tests' own PostgreSQL server. If it is not installed, its tests are skipped, but never in CI."""
    try:
        server = PostgreSQL()
    except PostgreSQLNotFound as error:
        if os.environ.get("CI") == "true":
            raise
        pytest.skip(str(error))
    with server:
        yield server


class Templates:
    """Ledgers that are made once per process and copied for each test: migrating takes longer than most tests."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._urls: dict[tuple[str | None, bool], str] = {}

    def url(self, server: PostgreSQL | None, *, filled: bool) -> str:
        """The URL of a migrated ledger on the server, or on SQLite; filled if it has codes, periods and segments."""
        key = (None if server is None else "postgresql", filled)
        if key not in self._urls:
            url = f"sqlite:///{self._folder}/{filled}.db" if server is None else server.create_database()
            made = Database(url)
            migrate(made)
            if filled:
                fill(made)
            made.close()
            self._urls[key] = url
        return self._urls[key]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Templates:
    """The ledgers that this process copies for its tests."""
    return Templates(tmp_path_factory.mktemp("templates"))


@contextmanager
def new_database(server: PostgreSQL | None, folder: Path, template: str | None = None) -> Iterator[str]:
    """The URL of a new database on the server, or on SQLite in the folder: empty, or a copy of the template."""
    if server is None:
        path = folder / "ledger.db"
        if template is not None:
            shutil.copyfile(template.removeprefix("sqlite:///"), path)
        yield f"sqlite:///{path}"
        return
    url = server.create_database(template)
    yield url
    server.drop_database(url)


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path, templates: Templates) -> Iterator[str]:
    """The URL of a new database, of each kind in turn; without tables unless the test asks for a ledger too."""
    server: PostgreSQL | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
    template = None
    if "empty_database" in request.fixturenames:
        template = templates.url(server, filled="master_data" in request.fixturenames)
    with new_database(server, tmp_path, template) as url:
        yield url


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    """A database with empty tables. After the test, the ledger must be consistent."""
    database = Database(database_url)
    yield database
    with database.read() as session:
        assert broken_rules(session) == []
    database.close()


@pytest.fixture
def master_data() -> None:
    """Asks `database_url` for a ledger with accounting codes, periods, segments and a rule."""


@pytest.fixture
def database(empty_database: Database, master_data: None) -> Database:
    """A database with accounting codes, periods, segments and a rule, and no transactions."""
    return empty_database


@pytest.fixture
def ledger() -> Ledger:
    """The ledger's settings; a test module overrides it for a home currency."""
    return Ledger()


@pytest.fixture
def client(database: Database, ledger: Ledger) -> Iterator[Client]:
    """A client of a gateway served over a socket, on the filled database."""
    keep(database, ledger)
    with served(Application(database), database) as connected:
        yield connected


@pytest.fixture
def quiet(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Nothing that this test's client sends is a server error or appears in the log."""
    server = logging.getLogger("uvicorn.error")  # does not propagate to the root logger
    server.addHandler(caplog.handler)
    with caplog.at_level(logging.WARNING):
        yield
    server.removeHandler(caplog.handler)
    assert caplog.records == []

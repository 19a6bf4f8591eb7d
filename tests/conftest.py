"""Shared fixtures: both real databases, and a gateway served over a real socket."""

import logging
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.application import Application
from storage.conservation import broken_rules
from storage.database import Database
from storage.migration import migrate
from storage.settings import Ledger
from tests.client import Client
from tests.ledger import fill, keep
from tests.postgresql import PostgreSQL, PostgreSQLNotFound
from tests.served import served


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


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a new, empty database, of each kind in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/ledger.db"
        return
    server: PostgreSQL = request.getfixturevalue("postgresql")
    url = server.create_database()
    yield url
    server.drop_database(url)


@pytest.fixture
def empty_database(database_url: str) -> Iterator[Database]:
    """A database with empty tables. After the test, the ledger must be consistent."""
    database = Database(database_url)
    migrate(database)
    yield database
    with database.read() as session:
        assert broken_rules(session) == []
    database.close()


@pytest.fixture
def database(empty_database: Database) -> Database:
    """A database with accounting codes, periods, segments and a rule, and no transactions."""
    fill(empty_database)
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

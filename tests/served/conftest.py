"""What several tests of a served gateway use."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.application import Application
from storage.conservation import broken_rules
from storage.database import Database
from storage.settings import Ledger
from tests.conftest import Templates, new_database
from tests.support.client import Client
from tests.support.ledger import keep
from tests.support.online_retail import write_feed
from tests.support.postgresql import PostgreSQL
from tests.support.served import served


@pytest.fixture(scope="session")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of feed files that the example writes from the real input."""
    return write_feed(tmp_path_factory.mktemp("online-retail"))


@pytest.fixture(scope="module")
def shared_ledger() -> Ledger:
    """The settings of the ledger of `shared_client`; a test module overrides it for a home currency."""
    return Ledger()


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def shared_client(
    request: pytest.FixtureRequest,
    tmp_path_factory: pytest.TempPathFactory,
    templates: Templates,
    shared_ledger: Ledger,
) -> Iterator[Client]:
    """What `client` is, but one for all tests of a module, which must only read: a gateway takes longer than a test."""
    server: PostgreSQL | None = None
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
    with new_database(server, tmp_path_factory.mktemp("shared"), templates.url(server, filled=True)) as url:
        database = Database(url)
        keep(database, shared_ledger)
        with served(Application(database), database) as connected:
            yield connected
        with database.read() as session:
            assert broken_rules(session) == []
        database.close()

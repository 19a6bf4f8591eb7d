"""One guarded gateway for every client of a test process: each works on a run of its own."""

from collections.abc import Iterator
from typing import NamedTuple

import pytest

from gateway.application import Application
from storage.database import Database
from storage.migration import migrate
from tests.client import Client
from tests.ledger import fill
from tests.served import served
from tests.test_access import new_token


class Guarded(NamedTuple):
    """A gateway that requires an API key, and a token for it."""

    client: Client
    token: str


@pytest.fixture(scope="session")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """A gateway that lets nobody in without a token, as one in production; its client has one."""
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('clients')}/ledger.db")
    migrate(database)
    fill(database)
    _, token = new_token(database)
    with (
        served(Application(database, require_api_key=True), database) as anyone,
        Client(anyone.url, database, token) as client,
    ):
        yield Guarded(client, token)
    database.close()

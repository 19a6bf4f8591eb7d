"""One guarded gateway for all clients of a module, each with its own run."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import pytest

from gateway.application import Application
from gateway.origins import Origins
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client
from tests.support.ledger import fill
from tests.support.served import served
from tests.support.tokens import new_token


class Guarded(NamedTuple):
    """A gateway that requires an API key, and a token for it."""

    client: Client
    token: str
    application: Application


@contextmanager
def guarded_gateway(folder: Path, origins: Origins | None = None) -> Iterator[Guarded]:
    """A gateway that requires a token, as in production; its client has one."""
    database = Database(f"sqlite:///{folder}/ledger.db")
    migrate(database)
    fill(database)
    _, token = new_token(database)
    application = Application(database, require_api_key=True, origins=origins)
    with served(application, database) as anyone, Client(anyone.url, database, token) as client:
        yield Guarded(client, token, application)
    database.close()


@pytest.fixture(scope="module")
def guarded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """One guarded gateway for all tests of a module: a process can run only one at a time."""
    with guarded_gateway(tmp_path_factory.mktemp("clients")) as gateway:
        yield gateway

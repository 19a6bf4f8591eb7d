"""Tests of rules that need nothing: no database, no server."""

from typing import NoReturn

import pytest


@pytest.fixture
def database_url() -> NoReturn:
    """Fails: a test that needs a database belongs into tests/database."""
    pytest.fail("this test needs a database, so it belongs into tests/database")


@pytest.fixture
def templates() -> NoReturn:
    """Fails, like `database_url`."""
    pytest.fail("this test needs a database, so it belongs into tests/database")


@pytest.fixture
def postgresql() -> NoReturn:
    """Fails, like `database_url`."""
    pytest.fail("this test needs a database, so it belongs into tests/database")

"""Tests that need a database, and no server."""

from typing import NoReturn

import pytest


@pytest.fixture
def client() -> NoReturn:
    """Fails: a test that needs a server belongs into tests/served."""
    pytest.fail("this test needs a server, so it belongs into tests/served")

"""What several tests of a served gateway use."""

from pathlib import Path

import pytest

from tests.support.online_retail import write_feed


@pytest.fixture(scope="session")
def online_retail(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of feed files that the example writes from the real input."""
    return write_feed(tmp_path_factory.mktemp("online-retail"))

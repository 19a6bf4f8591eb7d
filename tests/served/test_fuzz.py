"""Inputs that nobody sends in good faith: no fault of the server, no hang, no growth of memory, no wrong ledger."""

from pathlib import Path

from storage.database import Database
from tests.support.compare import first_seed
from tests.support.fuzzing.inputs import Inputs
from tests.support.fuzzing.run import fuzz

INPUTS = 400
FILES = 25
DOCUMENTS = 60


def test_no_input_is_a_fault_of_the_server(database: Database, tmp_path: Path) -> None:
    seed = first_seed()
    print(f"SEED={seed}")  # noqa: T201  (shown if the test fails)
    counts = fuzz(tmp_path, database, Inputs(seed, DOCUMENTS), range(INPUTS), range(FILES), lambda: None)

    print(counts)  # noqa: T201  (shown if the test fails)
    # The inputs are odd, but not so odd that nothing works.
    assert counts["GraphQL: HTTP 200"] > INPUTS / 20
    assert counts["REST: HTTP 200"] > INPUTS / 20
    assert counts["Reports: HTTP 200"] > INPUTS / 80
    assert counts["WebSocket: HTTP 101"] > INPUTS / 20

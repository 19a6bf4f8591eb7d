"""Connections to the database stay open for as many statements as are asked at a time."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import event
from sqlalchemy.pool import Pool

from storage.database import CONNECTIONS_KEPT, Database


def test_the_connections_of_statements_that_are_asked_at_a_time_are_kept(empty_database: Database) -> None:
    all_are_asking = Barrier(CONNECTIONS_KEPT, timeout=60)
    opened = 0

    def connected(*_: object) -> None:
        nonlocal opened
        opened += 1

    def checked_out(*_: object) -> None:
        all_are_asking.wait()

    event.listen(Pool, "connect", connected)
    event.listen(Pool, "checkout", checked_out)
    try:
        with ThreadPoolExecutor(CONNECTIONS_KEPT) as threads:
            for _ in range(3):
                asked = [threads.submit(empty_database.ask, "SELECT 1", {}) for _ in range(CONNECTIONS_KEPT)]
                assert [one.result() for one in asked] == [[(1,)]] * CONNECTIONS_KEPT
    finally:
        event.remove(Pool, "connect", connected)
        event.remove(Pool, "checkout", checked_out)
    assert opened <= CONNECTIONS_KEPT

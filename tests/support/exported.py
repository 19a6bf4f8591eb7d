"""What is exported in tests, and how it is asked for."""

import httpx

from tests.support.client import Client
from tests.support.ledger import line, post

PATIENCE_SECONDS = 20
IDENTITY = {"Accept-Encoding": "identity"}


LINES = [
    line("t1", amount="10.50", segment_country="UK", organization="North"),
    line("t2", amount="-3.25", segment_country="=UK", organization="South"),
    line("t3", amount="700", currency="JPY", document_number='@SUM("A1")'),
]


def http_of_a_run(client: Client) -> httpx.Client:
    """A client of a gateway whose ledger has a run."""
    post(client.database, LINES)
    client.completed()
    return httpx.Client(base_url=client.url, headers=IDENTITY, timeout=PATIENCE_SECONDS)

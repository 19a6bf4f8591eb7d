"""Waiting until no run is being worked on."""

import time
from typing import Any

from tests.support.client import Client

PASSING = {"PENDING", "PROCESSING", "CANCEL_IN_PROGRESS", "DELETE_IN_PROGRESS"}


LEDGER = """{
  journalRuns(first: 100) { nodes { number status totalJournalEntryCount transactionCount errorMessage
    cancellation { cancelledCount failedCount remainingCount outcomes { nodes { outcome code message } } } } }
  journalEntries(first: 1000) { nodes { number status notes transferredToAccounting transferredBy totalDebit
    journalRun { number } } }
}"""


def settled(client: Client) -> Any:
    """The whole ledger, once no run is changing its status."""
    while any(run["status"] in PASSING for run in client.query(LEDGER)["journalRuns"]["nodes"]):
        time.sleep(0.02)
    # The lists of one document are read one after another: only now do they belong together.
    return client.query(LEDGER)

"""A client of a served gateway, over a real socket."""

import json
import time
from types import TracebackType
from typing import Any

import httpx

from storage.database import Database
from tests.support.costs import without_cost

PATIENCE_SECONDS = 30
TYPES = ["INVOICE_ITEM", "TAXATION_ITEM", "CREDIT_MEMO_ITEM_CHARGE", "ELECTRONIC_PAYMENT"]

RUN = """
  number status targetStartDate targetEndDate journalEntryDate transactionTypes organizationLabels
  segmentationRuleName aggregateCurrency createdAt executedAt totalJournalEntryCount transactionCount errorMessage
  accountingPeriod { name }
  cancellation { startedAt finishedAt cancelledCount failedCount remainingCount }
"""
ENTRY = """
  number status currency totalDebit totalCredit transactionCount transactionType transferredToAccounting
  segments { name value } items { type amount homeAmount accountingCode { name } }
"""
ERRORS = "errors { code message field }"


class Client:
    """Sends GraphQL over HTTP; also knows the gateway's database."""

    def __init__(self, url: str, database: Database, token: str | None = None) -> None:
        self.url = url
        self.database = database
        headers = {} if token is None else {"Authorization": f"Bearer {token}"}
        self._http = httpx.Client(base_url=url, headers=headers, timeout=PATIENCE_SECONDS)

    def wait_until_ready(self) -> None:
        """Wait until the gateway answers."""
        self._http.get("/readyz").raise_for_status()

    def send(self, document: str, variables: dict[str, Any] | None = None) -> dict[str, Any]:
        """The response to a GraphQL document, including errors, but without what it cost."""
        # JSON in ASCII, as most clients write it: it can carry any text, even one that no database stores.
        content = json.dumps({"query": document, "variables": variables})
        response = self._http.post("/graphql", content=content, headers={"Content-Type": "application/json"})
        answer: dict[str, Any] = without_cost(response.json())
        return answer

    def query(self, document: str, variables: dict[str, Any] | None = None) -> Any:
        """The data of a GraphQL document. Fails on top-level errors."""
        answer = self.send(document, variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    def create(self, **values: Any) -> dict[str, Any]:
        """The payload of createJournalRun: by default for December 2024 and four types.

        A value of None omits the field.
        """
        usual = {
            "accountingPeriodName": "Dec 2024",
            "journalEntryDate": "2024-12-31",
            "transactionTypes": TYPES,
        }
        given = {name: value for name, value in {**usual, **values}.items() if value is not None}
        return self._mutate("createJournalRun", "CreateJournalRunInput", given, f"journalRun {{ {RUN} }} {ERRORS}")

    def cancel(self, number: str) -> dict[str, Any]:
        """The payload of cancelJournalRun."""
        selection = f"journalRun {{ {RUN} }} {ERRORS}"
        return self._mutate("cancelJournalRun", "CancelJournalRunInput", {"number": number}, selection)

    def delete(self, number: str) -> dict[str, Any]:
        """The payload of deleteJournalRun."""
        selection = f"journalRun {{ {RUN} }} deletedNumber {ERRORS}"
        return self._mutate("deleteJournalRun", "DeleteJournalRunInput", {"number": number}, selection)

    def transfer(self, numbers: list[str], status: str = "YES") -> dict[str, Any]:
        """The payload of setTransferredToAccounting."""
        given = {"journalEntryNumbers": numbers, "transferredToAccounting": status}
        selection = f"journalEntries {{ {ENTRY} transferredAt transferredBy }} {ERRORS}"
        return self._mutate("setTransferredToAccounting", "SetTransferredToAccountingInput", given, selection)

    def update_entry(self, number: str, **values: Any) -> dict[str, Any]:
        """The payload of updateJournalEntry."""
        selection = f"journalEntry {{ {ENTRY} notes }} {ERRORS}"
        return self._mutate("updateJournalEntry", "UpdateJournalEntryInput", {"number": number, **values}, selection)

    def cancel_entry(self, number: str) -> dict[str, Any]:
        """The payload of cancelJournalEntry."""
        selection = f"journalEntry {{ {ENTRY} }} {ERRORS}"
        return self._mutate("cancelJournalEntry", "CancelJournalEntryInput", {"number": number}, selection)

    def record(self, transactions: list[dict[str, Any]]) -> dict[str, Any]:
        """The payload of recordTransactions."""
        given = {"transactions": transactions}
        return self._mutate("recordTransactions", "RecordTransactionsInput", given, f"recorded duplicates {ERRORS}")

    def run(self, number: str) -> dict[str, Any] | None:
        """The current state of the run; None if there is no such run."""
        found: dict[str, Any] | None = self.query(
            f"query($number: String!) {{ journalRun(number: $number) {{ {RUN} }} }}", {"number": number}
        )["journalRun"]
        return found

    def entries(self, number: str) -> list[dict[str, Any]]:
        """The run's entries, at most 1,000."""
        document = f"""query($number: String!) {{
          journalRun(number: $number) {{ journalEntries(first: 1000) {{ nodes {{ {ENTRY} }} }} }} }}"""
        found: list[dict[str, Any]] = self.query(document, {"number": number})["journalRun"]["journalEntries"]["nodes"]
        return found

    def wait(self, number: str, *statuses: str) -> dict[str, Any]:
        """The run, once it is in one of these statuses."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        run = None
        while time.monotonic() < deadline:
            run = self.run(number)
            if run is not None and run["status"] in statuses:
                return run
            time.sleep(0.02)
        raise AssertionError(f"run {number} did not become {statuses}: {run}")

    def wait_until_gone(self, number: str) -> None:
        """Wait until the run is deleted."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self.run(number) is not None:
            assert time.monotonic() < deadline, f"run {number} was not deleted"
            time.sleep(0.02)

    def completed(self, **values: Any) -> dict[str, Any]:
        """Create a run, and wait until it is completed."""
        payload = self.create(**values)
        assert payload["errors"] == [], payload["errors"]
        return self.wait(payload["journalRun"]["number"], "COMPLETED")

    def _mutate(self, name: str, input_type: str, given: dict[str, Any], selection: str) -> dict[str, Any]:
        document = f"mutation($input: {input_type}!) {{ {name}(input: $input) {{ {selection} }} }}"
        payload: dict[str, Any] = self.query(document, {"input": given})[name]
        return payload

    def __enter__(self) -> "Client":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._http.close()

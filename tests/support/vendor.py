"""The vendor's own client of the REST interface."""

import time
import warnings
from dataclasses import dataclass
from functools import cache
from typing import Any

from pydantic import BaseModel, TypeAdapter

from resolvers.access import create_api_key
from storage.words import Permission
from tests.support.client import Client

PATIENCE_SECONDS = 30

PUBLISHED_AS_NUMBERS = {"code"}
"""The client declares a reason's code as text, but the published samples have a number, and it reads either."""


@cache
def zuora() -> Any:
    """The vendor's package, imported when a test first needs it: that takes eight seconds."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import zuora_sdk
        import zuora_sdk.zuora_client
    return zuora_sdk


@dataclass
class Vendor:
    """The vendor's client, and the gateway it talks to."""

    sdk: Any
    gateway: Client

    @property
    def runs(self) -> Any:
        """Its API of journal runs."""
        return self.sdk.journal_runs_api()

    @property
    def entries(self) -> Any:
        """Its API of summary journal entries."""
        return self.sdk.summary_journal_entries_api()

    def create(self, **values: Any) -> Any:
        """Create a run, by default of December 2024."""
        types = values.pop("transaction_types", ["Invoice Item"])
        headers = {name: values.pop(name) for name in ("idempotency_key",) if name in values}
        usual = {"accounting_period_name": "Dec 2024", "journal_entry_date": "2024-12-31"}
        request = zuora().CreateJournalRunRequest(
            transaction_types=[zuora().CreateJournalRunRequestTransactionType(type=word) for word in types],
            **{**usual, **values},
        )
        return understood(self.runs.create_journal_run(request, **headers))

    def poll(self, number: str, *statuses: str | None) -> Any:
        """The run, once it is in one of these statuses; None means that it is gone."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            run = understood(self.runs.get_journal_run(number))
            if run.status in statuses:
                return run
            assert time.monotonic() < deadline, run
            time.sleep(0.02)

    def all_entries(self, number: str, size: int = 40) -> list[Any]:
        """The run's entries, by page numbers, as a client that ignores `nextPage` asks for them."""
        found: list[Any] = []
        for page in range(1, 100):
            answer = understood(self.entries.get_all_summary_journal_entries(number, page=page, page_size=size))
            found += answer.journal_entries
            if answer.next_page is None:
                return found
        raise AssertionError("the list does not end")

    def set(self, number: str, **values: Any) -> Any:
        """Set an entry's basic information."""
        request = zuora().UpdateBasicSummaryJournalEntryRequest(**values)
        return understood(self.entries.update_basic_summary_journal_entry(number, request))


def understood(answer: Any) -> Any:
    """The response, after checking that every field in it, at any depth, is in its model with the declared type."""
    assert answer.additional_properties == {}, type(answer)
    for name, field in type(answer).model_fields.items():
        value = getattr(answer, name)
        if name not in PUBLISHED_AS_NUMBERS | {"additional_properties"}:
            TypeAdapter(field.rebuild_annotation()).validate_python(value)
        for part in value if isinstance(value, list) else [value]:
            if isinstance(part, BaseModel):
                understood(part)
    return answer


def logged_in(gateway: Client, *permissions: Permission) -> Any:
    """The vendor's client, with a token of a new API key with these permissions."""
    key, secret = create_api_key(gateway.database, f"ERP {len(permissions)}", permissions, actor="test")
    sdk = zuora().zuora_client.ZuoraClient(key.client_id, secret, env=None)
    sdk.set_base_url(gateway.url)
    sdk.refresh_token()
    assert not sdk.is_token_expired()
    return sdk

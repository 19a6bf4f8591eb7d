"""Idempotency: the same key with the same input returns the same run, and with other input it is refused."""

import json
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from sqlmodel import Session

from runs.create_rules import RunDraft, is_idempotency_key
from runs.violations import Invalid, Rule, Violation
from storage.columns import now
from storage.idempotency_keys import IdempotencyKey, idempotency_key
from storage.journal_runs import JournalRun, run_numbered
from storage.organizations import limit_of
from storage.texts import TextRefused, normalised
from storage.words import Permission


def earlier_run(session: Session, draft: RunDraft) -> JournalRun | None:
    """The run that was created with this key and this input. Raises Invalid if the key was used for something else."""
    key = draft.idempotency_key
    used = None if key is None or not is_idempotency_key(key) else idempotency_key(session, _name(session, key))
    if used is None:
        return None
    # Names stored by an earlier release may not be normalised.
    names = _names(used.request["accountingPeriodName"], used.request["organizationLabels"])
    run = run_numbered(session, used.journal_run_number)
    if {**used.request, **names} != _stored(draft):
        name, how = used.journal_run_number, " with a different input"
    elif run is None:
        name, how = used.journal_run_number, ", which has been deleted"
    else:
        return run
    message, otherwise = (f"key {key!r} was used for {what}{how}; use a new key" for what in (name, "a journal run"))
    shows = Permission.VIEW_JOURNAL_RUNS
    raise Invalid([Violation(Rule.IDEMPOTENCY_KEY_REUSED, message, ("idempotency_key",), shows, otherwise)])


def remember_key(session: Session, draft: RunDraft, run: JournalRun) -> None:
    """Store the key of the draft, if it has one, with its input and its run."""
    if draft.idempotency_key is not None:
        session.add(
            IdempotencyKey(
                key=_name(session, draft.idempotency_key),
                request=_stored(draft),
                journal_run_number=run.number,
                created_at=now(),
            )
        )


def _name(session: Session, key: str) -> str:
    """The key as it is stored. Callers with different organisations may choose the same one."""
    organizations = limit_of(session)
    if organizations is None:
        return key
    return "organisations " + sha256(json.dumps([sorted(organizations), key]).encode()).hexdigest()


def _stored(draft: RunDraft) -> dict[str, Any]:
    """The input as it is stored and compared. Its names are in every ledger, so they never change."""
    return {
        "targetStartDate": None if draft.target_start_date is None else str(draft.target_start_date),
        "targetEndDate": None if draft.target_end_date is None else str(draft.target_end_date),
        "journalEntryDate": None if draft.journal_entry_date is None else str(draft.journal_entry_date),
        "transactionTypes": sorted(str(word) for word in draft.types),
        **_names(draft.accounting_period_name, draft.organization_labels or []),
    }


def _names(accounting_period: str | None, organizations: Sequence[str]) -> dict[str, Any]:
    return {
        "accountingPeriodName": None if accounting_period is None else _same(accounting_period),
        "organizationLabels": sorted(map(_same, organizations)),
    }


def _same(name: str) -> str:
    """The normalised name for comparison; an invalid name is reported elsewhere."""
    try:
        return normalised(name)
    except TextRefused:
        return name

"""What a statement limited to some organisations finds of each kind of row, as `storage.organizations` says it."""

from collections.abc import Callable

from storage.documents.json_sql import JsonSql

IsOwn = Callable[[str], str]
"""The condition that the organisation in a column is among these."""

Within = Callable[[JsonSql, str, IsOwn], str]
"""The condition that a row belongs to these organisations, by the alias of its table."""


def entry_within(_json: JsonSql, alias: str, is_own: IsOwn) -> str:
    """An entry belongs to one organisation."""
    return is_own(f"{alias}.organization_label")


def item_within(_json: JsonSql, alias: str, is_own: IsOwn) -> str:
    """An item belongs to the organisation of its entry."""
    return is_own(f"{alias}e.organization_label")


def transaction_within(_json: JsonSql, alias: str, is_own: IsOwn) -> str:
    """A transaction belongs to the organisation of its posting key. Its bucket is asked, by which it is counted."""
    return f"{alias}b.posting_key_id IN (SELECT own.id FROM posting_key AS own WHERE {is_own('own.organization')})"


def run_within(json: JsonSql, alias: str, is_own: IsOwn) -> str:
    """A run belongs to the organisations that it collects; one that collects all of them belongs to none."""
    labels = f"{alias}.organization_labels"
    others = f"SELECT 1 FROM {json.elements(labels, 'label')} WHERE NOT {is_own('label.value')}"
    return f"json_array_length({labels}) > 0 AND NOT EXISTS ({others})"


def cancellation_within(json: JsonSql, alias: str, is_own: IsOwn) -> str:
    """A cancellation belongs to its run."""
    run = run_within(json, "own_run", is_own)
    return f"EXISTS (SELECT 1 FROM journal_run AS own_run WHERE own_run.id = {alias}.journal_run_id AND {run})"


def outcome_within(json: JsonSql, alias: str, is_own: IsOwn) -> str:
    """An outcome belongs to its cancellation."""
    cancellation = cancellation_within(json, "own_cancellation", is_own)
    found = f"SELECT 1 FROM cancellation AS own_cancellation WHERE own_cancellation.id = {alias}.cancellation_id"
    return f"EXISTS ({found} AND {cancellation})"

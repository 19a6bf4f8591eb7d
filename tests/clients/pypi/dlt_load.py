"""dlt loads the views into DuckDB: what has changed since the last time, merged by id, without what is deleted."""

import json
import os
import sys
from typing import Any

AMOUNTS = {
    "journal_runs": [],
    "journal_entries": ["total_debit", "total_credit"],
    "journal_entry_items": ["amount", "debit", "credit", "home_amount", "home_debit", "home_credit"],
    "transactions": ["amount", "home_amount"],
}
"""The views, and their columns of exact decimals, which JSON has as texts."""


def resource(view: str) -> Any:
    """What dlt is told about a view."""
    return {
        "name": view,
        "primary_key": "id",
        "write_disposition": "merge",
        "max_table_nesting": 0,
        "columns": {
            "deleted": {"hard_delete": True},
            **{name: {"data_type": "decimal", "precision": 23, "scale": 4} for name in AMOUNTS[view]},
        },
        "endpoint": {
            "path": view,
            "params": {"updated_since": "{incremental.start_value}", "limit": 7},
            "incremental": {"cursor_path": "updated_at", "initial_value": "2000-01-01T00:00:00Z"},
            "data_selector": "items",
            "paginator": {"type": "cursor", "cursor_path": "next_cursor", "cursor_param": "cursor"},
        },
    }


def on_loopback_only(event: str, values: tuple[Any, ...]) -> None:
    """An audit hook: nothing is sent elsewhere."""
    if event == "socket.connect" and values[1][0] not in ("127.0.0.1", "::1"):
        raise PermissionError(f"connects to {values[1]}")


def load(url: str, user: str, password: str, folder: str) -> dict[str, int]:
    """Load the views into the file copy.duckdb of the folder. Returns how many rows of each were extracted."""
    sys.addaudithook(on_loopback_only)
    os.environ.update(DLT_DATA_DIR=folder, RUNTIME__DLTHUB_TELEMETRY="false")
    os.chdir(folder)
    import dlt
    from dlt.sources.rest_api import rest_api_source

    source = rest_api_source(
        {
            "client": {
                "base_url": f"{url}/bi/",
                "auth": {"type": "http_basic", "username": user, "password": password},
            },
            "resources": [resource(view) for view in AMOUNTS],
        }
    )
    pipeline = dlt.pipeline(
        "ledger",
        pipelines_dir=f"{folder}/pipelines",
        destination=dlt.destinations.duckdb(f"{folder}/copy.duckdb"),
        dataset_name="ledger",
    )
    pipeline.run(source)
    assert pipeline.last_trace is not None
    told = pipeline.last_trace.last_normalize_info
    assert told is not None
    return {view: told.row_counts.get(view, 0) for view in AMOUNTS}


if __name__ == "__main__":
    given = json.loads(sys.argv[1])
    print(json.dumps(["loaded", load(given["url"], given["user"], given["password"], given["folder"])]))  # noqa: T201

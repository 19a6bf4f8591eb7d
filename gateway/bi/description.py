"""`GET /bi`: which views there are, and how to ask for them."""

from collections.abc import Iterable
from typing import Any

from gateway.bi.cursor import CURSOR
from gateway.bi.filters import COLUMNS, FILTERS, UPDATED_SINCE, filters_of
from gateway.bi.pages import LIMIT, LIMIT_DEFAULT, LIMIT_MAX
from storage.bi.catalogue import View

PREFIX = "/bi"

_PARAMETERS = {
    COLUMNS: "Names of columns, separated by commas. By default all.",
    UPDATED_SINCE: (
        "A moment such as 2024-12-31T23:59:59.123456Z: only rows that have changed since, those of that moment"
        " included. Use as_of, or the updated_at of the last row, of the last answer."
    ),
    CURSOR: "next_cursor of the answer before, with the same columns and filters.",
    LIMIT: (
        f"Rows of a page: at most {LIMIT_MAX:,}, by default {LIMIT_DEFAULT:,}. CSV and NDJSON have all rows without it;"
        " with it, the header X-Next-Cursor has the cursor of the next page."
    ),
}


def description(views: Iterable[View]) -> dict[str, Any]:
    """The views with their columns, and the parameters of their addresses."""
    return {
        "views": [_view(view) for view in views],
        "parameters": [{"name": name, "description": text} for name, text in _PARAMETERS.items()],
        "filters": [
            {"form": f"column.{each.name}=value" if each.name else "column=value", "description": each.description}
            for each in FILTERS.values()
        ],
        "order": "Rows are in the order of their last change; a row that changes comes again at the end.",
    }


def _view(view: View) -> dict[str, Any]:
    address = f"{PREFIX}/{view.short_name}"
    return {
        "name": view.name,
        "description": view.description,
        "json": address,
        "ndjson": f"{address}.ndjson",
        "csv": f"{address}.csv",
        "columns": [
            {
                "name": column.name,
                "kind": column.kind.name.lower(),
                "nullable": column.nullable,
                "description": column.description,
                "values": list(column.values) or None,
                "filters": [f"{column.name}.{name}" if name else column.name for name in filters_of(column)],
            }
            for column in view.columns
        ],
    }

"""Rows as JSON, with exact numbers."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import orjson

from gateway.odata import NAMESPACE
from gateway.odata.formats import Format
from gateway.odata.types import KEY, TYPES
from storage.bi.catalogue import Column, Kind, View
from storage.bi.reading import Row

_TOLD = (Kind.INTEGER, Kind.AMOUNT, Kind.DATE, Kind.MOMENT)
"""Kinds whose type a reader cannot tell from the JSON: with full metadata, it is said."""


def context(root: str, view: View, columns: Sequence[Column] | None, *, single: bool) -> str:
    """The address of the description of an answer; `columns` are those that the client has chosen."""
    chosen = "" if columns is None else f"({','.join(column.name for column in columns)})"
    return f"{root}$metadata#{view.short_name}{chosen}{'/$entity' if single else ''}"


def entities(view: View, columns: Sequence[Column], rows: Sequence[Row], form: Format) -> list[dict[str, Any]]:
    """The rows as objects that `encoded` writes. The columns have the key if all metadata is wanted."""
    names = [column.name for column in columns]
    texts = [place for place, column in enumerate(columns) if column.kind is Kind.JSON]
    numbers = [place for place, column in enumerate(columns) if form.texts and column.kind is Kind.INTEGER]
    found = []
    for row in rows:
        values = list(row.values)
        for place in texts:
            values[place] = None if values[place] is None else orjson.dumps(values[place]).decode()
        for place in numbers:
            values[place] = None if values[place] is None else str(values[place])
        entity = dict(zip(names, values, strict=True))
        found.append(_told(view, columns, entity) if form.metadata == "full" else entity)
    return found


def encoded(body: Mapping[str, Any], form: Format) -> bytes:
    """The JSON, in which amounts have the digits that they have: no number goes through a float."""

    def default(value: Any) -> Any:
        assert isinstance(value, Decimal)
        text = format(value, "f")
        return text if form.texts else orjson.Fragment(text)

    return orjson.dumps(body, default=default, option=orjson.OPT_UTC_Z)


def _told(view: View, columns: Sequence[Column], entity: dict[str, Any]) -> dict[str, Any]:
    """The entity with its type, its address, and the types of what JSON has no type for."""
    key = str(entity[KEY]).replace("'", "''")
    told: dict[str, Any] = {
        "@odata.type": f"#{NAMESPACE}.{view.short_name}",
        "@odata.id": f"{view.short_name}('{quote(key, safe='')}')",
    }
    for column in columns:
        if column.kind in _TOLD and entity[column.name] is not None:
            told[f"{column.name}@odata.type"] = f"#{TYPES[column.kind].removeprefix('Edm.')}"
        told[column.name] = entity[column.name]
    return told

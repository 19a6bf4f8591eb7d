"""The types of the Entity Data Model that columns have."""

from collections.abc import Mapping

from storage.bi.catalogue import AMOUNT_PRECISION, AMOUNT_SCALE, Column, Kind

TYPES: Mapping[Kind, str] = {
    Kind.TEXT: "Edm.String",
    Kind.INTEGER: "Edm.Int64",
    Kind.AMOUNT: "Edm.Decimal",
    Kind.DATE: "Edm.Date",
    Kind.MOMENT: "Edm.DateTimeOffset",
    Kind.BOOLEAN: "Edm.Boolean",
    Kind.JSON: "Edm.String",
}

FACETS: Mapping[Kind, Mapping[str, str]] = {
    Kind.AMOUNT: {"Precision": str(AMOUNT_PRECISION), "Scale": str(AMOUNT_SCALE)},
    Kind.MOMENT: {"Precision": "6"},
}

KEY = "id"
"""The property that is the key of every entity type."""


def is_comparable(column: Column) -> bool:
    """Whether rows can be filtered and ordered by it."""
    return column.kind is not Kind.JSON

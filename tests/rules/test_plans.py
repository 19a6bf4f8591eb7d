"""Every field of the contract has a plan, or stands in the list of those without one, with the reason."""

from collections.abc import Iterator
from dataclasses import fields
from typing import Any, cast

from graphql import GraphQLField, GraphQLObjectType, get_named_type, is_leaf_type

from schema.computed import is_computed
from schema.look_up import is_look_up
from schema.paging import is_list
from schema.plan import UNPLANNED
from schema.schema import SCHEMA
from storage.documents.shape import Belongings, Parts, Relation, Shape
from storage.documents.shapes import SEGMENT, SHAPES, Ledger
from storage.journal_entry_totals import JournalEntryTotals, SegmentValue

CONTRACT = SCHEMA._schema
KNOWN_WITHOUT_READING = {"Query.viewer"}


def python_name(field: GraphQLField) -> str:
    """The field's name in Python."""
    name: str = field.extensions["strawberry-definition"].python_name
    return name


def row_of(of: Any) -> type:
    """The row that the type describes."""
    row: type = of.extensions["strawberry-definition"].origin.row
    return row


def planned_types() -> Iterator[tuple[GraphQLObjectType, Shape]]:
    """The types of the objects that queries return, with the shapes of their rows."""
    for of in CONTRACT.type_map.values():
        definition: Any = of.extensions.get("strawberry-definition")
        row = getattr(getattr(definition, "origin", None), "row", None)
        if isinstance(of, GraphQLObjectType) and row is not None:
            yield of, SHAPES[row]
    segment = CONTRACT.type_map["Segment"]
    assert isinstance(segment, GraphQLObjectType)
    yield segment, SEGMENT


def lacking(of: GraphQLObjectType, shape: Shape) -> Iterator[str]:
    """The fields of the type that a plan could not answer."""
    for name, field in of.fields.items():
        attribute, named = python_name(field), get_named_type(field.type)
        if is_leaf_type(named):
            planned = attribute in shape.values
        elif is_list(field):
            planned = attribute in shape.lists
        else:
            related = shape.related.get(attribute)
            planned = isinstance(related, Parts) or (
                isinstance(related, Relation | Belongings) and related.of is row_of(named)
            )
        if not planned:
            yield f"{of.name}.{name}"


def test_every_field_has_a_plan_or_a_reason_for_none() -> None:
    types = dict(planned_types())
    assert len(types) == 9
    without = {field for of, shape in types.items() for field in lacking(of, shape)}
    assert without == set(UNPLANNED), "give its row's shape in storage.documents.shapes the value, relation or list"


def test_every_query_is_a_list_or_a_look_up_of_rows_with_a_shape_or_computed() -> None:
    query = CONTRACT.query_type
    assert query is not None
    for name, field in query.fields.items():
        if is_list(field):
            assert python_name(field) in SHAPES[Ledger].lists
        else:
            assert is_look_up(field) or is_computed(field) or f"Query.{name}" in KNOWN_WITHOUT_READING


def test_every_field_of_totals_is_a_value_of_its_row() -> None:
    of, segment = (cast("GraphQLObjectType", CONTRACT.type_map[name]) for name in ("JournalEntryTotals", "Segment"))
    assert {python_name(field) for field in of.fields.values()} == {one.name for one in fields(JournalEntryTotals)}
    assert {python_name(field) for field in segment.fields.values()} == {one.name for one in fields(SegmentValue)}


def test_a_field_without_a_plan_would_be_found() -> None:
    of, shape = next(planned_types())
    values = {name: value for name, value in shape.values.items() if name != "number"}
    assert list(lacking(of, Shape(shape.table, values, shape.related, shape.lists))) == [f"{of.name}.number"]

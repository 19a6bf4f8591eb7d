"""Writes a document as one SQL statement.

Into its text go names of GraphQL, which are letters, digits and underscores, and names and words of the ledger's own
tables and vocabularies. Everything else is bound.
"""

from collections.abc import Callable, Sequence

from storage.conditions import Condition
from storage.documents.conditions import condition_sql
from storage.documents.json_sql import JsonSql
from storage.documents.page import PageSql
from storage.documents.shape import Belongings, Columns, Listed, Parts, Relation, Shape
from storage.documents.shapes import SEGMENT, SHAPES, Ledger
from storage.documents.statement import JoinedColumns, RowColumns, Statement
from storage.documents.words import (
    Constant,
    Cursor,
    Each,
    Edges,
    Member,
    Node,
    Nodes,
    Paged,
    PageInfo,
    Part,
    Related,
    Root,
    TotalCount,
    Value,
)

Written = tuple[str, str, bool]
"""A member of an object: key, value, and whether the value may be NULL."""


def write(
    json: JsonSql, roots: Sequence[Root], organizations: frozenset[str] | None = None
) -> tuple[str, dict[str, object]]:
    """The statement, with one column for each root in their order, and its parameters."""
    writer = _Writer(json, organizations)
    text = "SELECT " + ", ".join(json.answer(writer.root(root)) for root in roots)
    return text, writer.statement.parameters


def write_each(json: JsonSql, each: Each, organizations: frozenset[str] | None = None) -> tuple[str, dict[str, object]]:
    """The statement, with the key and the object of each row in no order, and its parameters."""
    writer = _Writer(json, organizations)
    text = f"SELECT key, {json.answer('object')} FROM {writer.each(each)}"
    return text, writer.statement.parameters


class _Writer:
    def __init__(self, json: JsonSql, organizations: frozenset[str] | None) -> None:
        self.statement = Statement(json, organizations)
        self._json = json

    def root(self, root: Root) -> str:
        if isinstance(root, Paged):
            return self._page(SHAPES[Ledger].lists[root.name], RowColumns(""), root)
        shape, row = SHAPES[root.of], self.statement.rows()
        element = self._object(shape, row, root.members)
        rows = self.statement.select(
            shape, row, lambda alias: [condition_sql(self.statement, shape, alias, root.condition)]
        )
        return self._json.optional(element, rows + row.joined)

    def each(self, each: Each) -> str:
        shape, row = SHAPES[each.of], self.statement.rows()
        element = self._object(shape, row, each.members)
        columns = f"{row(each.key)} AS key, {self._json.required(element)} AS object"
        rows = self.statement.select(shape, row, self._where(shape, each.conditions))
        return f"(SELECT {columns} FROM {rows}{row.joined}) AS written"

    def _where(self, shape: Shape, conditions: Sequence[Condition]) -> Callable[[str], list[str]]:
        return lambda alias: [condition_sql(self.statement, shape, alias, one) for one in conditions]

    def _row(self, shape: Shape, row: RowColumns, members: Sequence[Member]) -> str:
        """The object of a row of a page."""
        return self._json.object([self._row_member(shape, row, member) for member in members])

    def _row_member(self, shape: Shape, row: RowColumns, member: Member) -> Written:
        shared = row.shared
        if shared is None or not isinstance(member, Related) or member.name not in shared.of.related:
            return self._member(shape, row, member)
        key, value, nullable = self._member(shape, shared, member)
        return key, shared.once(value), nullable

    def _object(self, shape: Shape, row: Columns, members: Sequence[Member]) -> str:
        return self._json.object([self._member(shape, row, member) for member in members])

    def _member(self, shape: Shape, row: Columns, member: Member) -> Written:
        match member:
            case Value():
                expression = shape.values[member.name]
                return member.key, expression.write(self._json, row), expression.nullable
            case Constant():
                return self._constant(member)
            case Related():
                return self._related(shape.related[member.name], row, member)
            case Paged():
                return member.key, self._page(shape.lists[member.name], row, member), False

    def _constant(self, constant: Constant) -> Written:
        return constant.key, self._json.name(f"'{constant.text}'"), False

    def _related(self, related: Relation | Belongings | Parts, row: Columns, member: Related) -> Written:
        match related:
            case Relation():
                return member.key, self._referred(related, row, member), related.nullable
            case Belongings():
                return member.key, self._belonging(related, row, member), False
            case Parts():
                part = self.statement.rows()
                element = self._object(SEGMENT, part, member.members)
                rows = related.rows(self._json, row, part.alias)
                return member.key, self._json.array(element, rows, part("position")), False

    def _referred(self, relation: Relation, row: Columns, member: Related) -> str:
        shape, alias = SHAPES[relation.of], self.statement.alias()
        conditions = [relation.where(alias, row), *self.statement.limits(shape, alias)]
        row.join(f"LEFT JOIN {shape.table} AS {alias} ON {' AND '.join(conditions)}")
        other = JoinedColumns(alias, shape, row)
        element = self._object(shape, other, member.members)
        return self._json.joined(element, other("id")) if relation.nullable else element

    def _belonging(self, belongings: Belongings, parent: Columns, member: Related) -> str:
        shape, row = SHAPES[belongings.of], self.statement.rows()
        element, order = self._object(shape, row, member.members), belongings.order(row)
        inner = None if self._json.sorts_arrays else belongings.order
        rows = self.statement.select(shape, row, lambda alias: [belongings.where(alias, parent)], inner)
        return self._json.array(element, rows + row.joined, order)

    def _page(self, listed: Listed, parent: Columns, paged: Paged) -> str:
        page = PageSql(self.statement, listed, parent, paged)
        return self._json.object([self._part(page, part) for part in paged.parts])

    def _part(self, page: PageSql, part: Part) -> Written:
        match part:
            case Nodes():
                return part.key, page.array(lambda row: self._row(page.shape, row, part.members)), False
            case Edges():
                return part.key, page.array(lambda row: self._edge(page, row, part)), False
            case PageInfo():
                return part.key, self._json.object([self._position(page, one) for one in part.members]), False
            case TotalCount():
                return part.key, page.count(), False
            case Constant():
                return self._constant(part)

    def _edge(self, page: PageSql, row: RowColumns, edges: Edges) -> str:
        members: list[Written] = []
        for member in edges.members:
            match member:
                case Cursor():
                    members.append((member.key, page.cursor(row), False))
                case Node():
                    members.append((member.key, self._row(page.shape, row, member.members), False))
                case Constant():
                    members.append(self._constant(member))
        return self._json.object(members)

    def _position(self, page: PageSql, member: Value | Constant) -> Written:
        if isinstance(member, Constant):
            return self._constant(member)
        match member.name:
            case "has_next_page":
                return member.key, page.has_next(), False
            case "has_previous_page":
                return member.key, page.has_previous(), False
            case "start_cursor":
                return member.key, page.start_cursor(), True
            case "end_cursor":
                return member.key, page.end_cursor(), True
        raise KeyError(member.name)

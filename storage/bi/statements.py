"""The statement that answers a question about a view, and the definition of the view itself."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from storage.bi.catalogue import SEGMENTS, Kind, View
from storage.bi.dialects import Dialect
from storage.bi.expressions import Expressions, Parameters, Term
from storage.bi.positions import check_position
from storage.bi.questions import And, Compare, Comparison, Condition, Question, Value
from storage.bi.scope import EVERYTHING, Scope
from storage.bi.sources import SOURCES, Amount, Source


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT with its parameters. It returns the question's columns, then what the rows are ordered by."""

    text: str
    parameters: Mapping[str, object]
    order_kinds: Sequence[Kind]


@dataclass(frozen=True, slots=True)
class AllRows:
    """SELECTs whose columns are parts of those that are wanted, so that the database computes little for each row."""

    texts: Sequence[str]
    """Together they return all rows, each some of them."""
    parameters: Mapping[str, object]
    columns: Mapping[str, Kind]
    """The columns of each in order, by name. An amount is an INTEGER of minor units."""
    amounts: Mapping[str, str]
    """For each column with amounts, the column with the digits of their currency; one without is null in every row."""
    segments: Mapping[str, str | None]
    """The columns that are made of the column `segments`: those of one segment by its name, and the object of all."""


class Statements:
    """Statements about views."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect

    def select(self, view: View, question: Question, scope: Scope) -> Statement:
        """The rows that answer the question, in order, each with its position. Raises UnfitPosition."""
        parameters, parts = Parameters(self._dialect), []
        end = None if question.limit is None else question.skip + question.limit
        terms: list[Term] = []
        for of in self._sources(view, parameters, scope):
            along = not question.order and question.limit is not None and not _is_look_up(question.where)
            keys = of.source.keys if along and not question.by_change else None
            terms = of.expressions.terms(question, keys or of.source.place)
            if question.after is not None:
                check_position(terms, question.after)
            columns = [of.expressions.column(name) for name in question.columns]
            places = [f"{term.sql} AS o{number}" for number, term in enumerate(terms, start=1)]
            where = of.expressions.conditions(question.where)
            if question.after is not None or along:
                # From the beginning on, so that the index is used for the first page too.
                where.append(of.expressions.beyond(terms, question.after or _beginning(terms)))
            tables = of.source.paged if along and of.source.paged is not None else of.source.tables
            part = f"SELECT {', '.join([*columns, *places])} FROM {tables} WHERE {' AND '.join(where)}"
            if end is not None:
                # Each part is read along its own index, as far as the answer can need it.
                part = f"SELECT * FROM ({part}{self._ordered(terms)} LIMIT {int(end)}) AS part"
            parts.append(part)
        text = " UNION ALL ".join(parts) + self._ordered(terms)
        if end is not None:
            text += f" LIMIT {int(question.limit or 0)} OFFSET {int(question.skip)}"
        return Statement(text, parameters.values, [term.kind for term in terms])

    def count(self, view: View, where: Condition, scope: Scope) -> Statement:
        """The number of rows that meet the condition."""
        parameters, parts = Parameters(self._dialect), []
        for of in self._sources(view, parameters, scope):
            conditions = of.expressions.conditions(where)
            parts.append(f"(SELECT count(*) FROM {of.source.tables} WHERE {' AND '.join(conditions)})")
        return Statement(f"SELECT {' + '.join(parts)}", parameters.values, ())

    def all_rows(self, view: View, columns: Sequence[str], where: Condition, scope: Scope) -> AllRows:
        """The rows that meet the condition, in no stated order and in parts: the fastest way to have all of them."""
        parameters = Parameters(self._dialect)
        sources = self._sources(view, parameters, scope)
        wanted = {name: view.column(name).segment for name in columns}
        segments = {name: segment for name, segment in wanted.items() if name == SEGMENTS or segment is not None}
        plain = [name for name in columns if name not in segments]
        raw = [{name: of.expressions.raw(name) for name in plain} for of in sources]
        amounts = [(name, found) for values in raw for name, found in values.items() if isinstance(found, Amount)]
        distinct = dict.fromkeys(found.digits for _, found in amounts)
        digits = {sql: f"digits_{number}" for number, sql in enumerate(distinct, start=1)}
        texts: list[str] = []
        cells: list[_Cell] = []
        for of, values in zip(sources, raw, strict=True):
            cells = [*_cells(view, values), *_of_digits(digits, values)]
            if segments:
                stored = of.source.stored_segments
                cells.append(_Cell(SEGMENTS, None if stored is None else f"CAST({stored} AS text)", Kind.TEXT))
            selected = ", ".join(f"{cell.sql or self._dialect.null(cell.kind)} AS {cell.name}" for cell in cells)
            conditions = of.expressions.conditions(where)
            texts.append(f"SELECT {selected} FROM {of.source.tables} WHERE {' AND '.join(conditions)}")
        kinds = {cell.name: cell.kind for cell in cells}
        return AllRows(
            texts, parameters.values, kinds, {name: digits[found.digits] for name, found in amounts}, segments
        )

    def definition(self, view: View) -> str:
        """The SELECT of the view itself, which has no parameters."""
        parts = []
        for source in SOURCES[view.name]:
            parameters = Parameters(self._dialect)
            expressions = Expressions(self._dialect, view, source, _quoted, parameters, EVERYTHING)
            columns = ", ".join(f"{expressions.column(name)} AS {name}" for name in view.names)
            parts.append(f"SELECT {columns} FROM {source.tables}")
        return " UNION ALL ".join(parts)

    def _sources(self, view: View, parameters: Parameters, scope: Scope) -> list["_Part"]:
        return [
            _Part(source, Expressions(self._dialect, view, source, parameters.bind, parameters, scope))
            for source in SOURCES[view.name]
        ]

    def _ordered(self, terms: Sequence[Term]) -> str:
        by = [f"o{number}{self._direction(term)}" for number, term in enumerate(terms, start=1)]
        return f" ORDER BY {', '.join(by)}"

    def _direction(self, term: Term) -> str:
        if not term.nullable:
            return " DESC" if term.descending else ""
        return self._dialect.nulls_descending if term.descending else self._dialect.nulls


@dataclass(frozen=True, slots=True)
class _Cell:
    """A column of a SELECT of all rows; without SQL, it is null in each."""

    name: str
    sql: str | None
    kind: Kind


def _cells(view: View, values: Mapping[str, str | Amount | None]) -> Iterator[_Cell]:
    for name, found in values.items():
        if isinstance(found, Amount):
            yield _Cell(name, found.minor, Kind.INTEGER)
        else:
            kind = view.column(name).kind
            yield _Cell(name, found, Kind.INTEGER if kind is Kind.AMOUNT else kind)


def _of_digits(digits: Mapping[str, str], values: Mapping[str, str | Amount | None]) -> Iterator[_Cell]:
    """The digits of currencies by name: those of other sources are null."""
    own = {found.digits for found in values.values() if isinstance(found, Amount)}
    for sql, name in digits.items():
        yield _Cell(name, sql if sql in own else None, Kind.INTEGER)


def _is_look_up(where: Condition) -> bool:
    """Whether it asks for one thing by its id."""
    if isinstance(where, And):
        return any(_is_look_up(one) for one in where.conditions)
    return isinstance(where, Compare) and (where.column, where.comparison) == ("id", Comparison.EQUAL)


def _beginning(terms: Sequence[Term]) -> list[Value]:
    return [datetime(1, 1, 1, tzinfo=UTC) if term.kind is Kind.MOMENT else 0 for term in terms]


@dataclass(frozen=True, slots=True)
class _Part:
    source: Source
    expressions: Expressions


def _quoted(text: str) -> str:
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


ALL: Condition = And(())
"""Every row."""

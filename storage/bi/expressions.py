"""The columns, conditions and order of one source of a view, as SQL with parameters."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_FLOOR, Decimal

from storage.bi.catalogue import AMOUNT_SCALE, Kind, View
from storage.bi.dialects import Dialect, SqliteDialect
from storage.bi.questions import And, Compare, Comparison, Condition, Not, Or, Question, Value
from storage.bi.scope import Scope
from storage.bi.sources import Amount, Source, run_is_within
from storage.columns import as_text

_INTEGER_MAX = 2**63 - 1
"""No integer and no whole part of an amount is larger, regardless of its sign."""
_BEYOND_REST = 10**AMOUNT_SCALE
_STEP = Decimal(1).scaleb(-AMOUNT_SCALE)


class Parameters:
    """The parameters of one statement."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self.values: dict[str, object] = {}

    def bind(self, value: Value) -> str:
        """The parameter for the value."""
        if isinstance(value, datetime) and isinstance(self._dialect, SqliteDialect):
            return self._bound(as_text(value))
        if isinstance(value, int):
            value = max(-_INTEGER_MAX, min(value, _INTEGER_MAX))
        return self._bound(self._dialect.json.parameter(value))

    def bind_texts(self, values: Sequence[str]) -> str:
        """The parameter for a list of texts."""
        return self._bound(self._dialect.json.list_parameter(values))

    def _bound(self, parameter: object) -> str:
        name = f"p{len(self.values) + 1}"
        self.values[name] = parameter
        return self._dialect.json.bind(name)


@dataclass(frozen=True, slots=True)
class Term:
    """What rows are ordered by: SQL, what its values are, and whether it may be null."""

    sql: str
    kind: Kind
    nullable: bool
    descending: bool


class Expressions:
    """SQL over the rows of one source, for a reader who may see only what is in the scope."""

    def __init__(
        self,
        dialect: Dialect,
        view: View,
        source: Source,
        literal: Callable[[str], str],
        parameters: Parameters,
        scope: Scope,
    ) -> None:
        """`literal` makes SQL of the name of a segment."""
        self._dialect = dialect
        self._view = view
        self._source = source
        self._literal = literal
        self._parameters = parameters
        self._scope = scope

    def column(self, name: str) -> str:
        """The column, as the view shows it."""
        found = self.raw(name)
        if found is None:
            return self._dialect.null(self._view.column(name).kind)
        return self._dialect.amount(found.minor, found.digits) if isinstance(found, Amount) else found

    def conditions(self, where: Condition) -> list[str]:
        """The conditions of the rows that are asked for: that the scope has them, and this one."""
        condition = f"({self.condition(where)})"
        if self._scope.organizations is None or self._source.within is None:
            return [condition]
        return [self._source.within(self._dialect, self._is_own), condition]

    def terms(self, question: Question, place: Sequence[str]) -> list[Term]:
        """What the rows are ordered by: columns, perhaps the moment of the last change, and their place."""
        terms: list[Term] = []
        for sort in question.order:
            column = self._view.column(sort.column)
            keys, kind = self._order_keys(sort.column, column.kind)
            terms += [Term(key, kind, column.nullable, sort.descending) for key in keys]
        if question.by_change:
            terms.append(Term(self.column("updated_at"), Kind.MOMENT, False, False))
        return terms + [Term(number, Kind.INTEGER, False, False) for number in place]

    def condition(self, condition: Condition) -> str:
        """The condition; it is true or false for every row, never null."""
        match condition:
            case And(conditions):
                return " AND ".join(f"({self.condition(one)})" for one in conditions) or "TRUE"
            case Or(conditions):
                return " OR ".join(f"({self.condition(one)})" for one in conditions) or "FALSE"
            case Not(one):
                return f"NOT ({self.condition(one)})"
        return self._comparison(condition)

    def beyond(self, terms: Sequence[Term], position: Sequence[Value]) -> str:
        """The condition that a row comes after that position."""
        if not any(term.descending or term.nullable for term in terms):
            sql, values = [term.sql for term in terms], [self._parameters.bind(value) for value in position]
            # A moment and the number after it are in one index; the last may be in another table.
            indexed = 2 if terms[0].kind is Kind.MOMENT else 1
            begins = f"({', '.join(sql[:indexed])}) >= ({', '.join(values[:indexed])})"
            return f"{begins} AND ({', '.join(sql)}) > ({', '.join(values)})"
        # Side by side, as SQLite cannot read what is nested as deep as an order can be long.
        same: list[str] = []
        ways: list[str] = []
        for term, value in zip(terms, position, strict=True):
            ways.append(" AND ".join([*same, self._after(term, value)]))
            same.append(self._same(term, value))
        return f"({' OR '.join(f'({way})' for way in ways)})"

    def _after(self, term: Term, value: Value) -> str:
        """Null is the least."""
        if value is None:
            return "FALSE" if term.descending else f"{term.sql} IS NOT NULL"
        bound = self._parameters.bind(value)
        if not term.descending:
            return f"coalesce({term.sql} > {bound}, FALSE)"
        return f"coalesce({term.sql} < {bound}, TRUE)"

    def _same(self, term: Term, value: Value) -> str:
        if value is None:
            return f"{term.sql} IS NULL"
        return f"coalesce({term.sql} = {self._parameters.bind(value)}, FALSE)"

    def _comparison(self, compare: Compare) -> str:
        column, raw, value = self._view.column(compare.column), self.raw(compare.column), compare.value
        if raw is None:
            met = Comparison.EQUAL if value is None else Comparison.NOT_EQUAL
            return "TRUE" if compare.comparison is met else "FALSE"
        of = raw.minor if isinstance(raw, Amount) else raw
        if value is None:
            return f"{of} IS NULL" if compare.comparison is Comparison.EQUAL else f"{of} IS NOT NULL"
        if isinstance(raw, Amount):
            assert isinstance(value, Decimal)
            found = self._amount_comparison(raw, compare.comparison, value)
        else:
            if isinstance(value, int) and abs(value) > _INTEGER_MAX:
                return _beyond_all(compare.comparison, above=value > 0)
            found = self._value_comparison(column.kind, raw, compare.comparison, value)
        if not column.nullable:
            return found
        if compare.comparison is Comparison.NOT_EQUAL:
            return f"{of} IS NULL OR {found}"
        return f"{of} IS NOT NULL AND {found}"

    def _value_comparison(self, kind: Kind, sql: str, comparison: Comparison, value: Value) -> str:
        bound = self._parameters.bind(value)
        match comparison:
            case Comparison.EQUAL | Comparison.NOT_EQUAL:
                # As it is, so that an index may be used.
                return f"{sql} {comparison.value} {bound}"
            case Comparison.CONTAINS:
                return f"{self._dialect.position(sql, bound)} > 0"
            case Comparison.STARTS_WITH:
                return f"substr({sql}, 1, length(CAST({bound} AS text))) = {bound}"
            case Comparison.ENDS_WITH:
                rest = f"length({sql}) - length(CAST({bound} AS text))"
                return f"({rest} >= 0 AND substr({sql}, {rest} + 1) = {bound})"
        return f"{self._compared(kind, sql)} {comparison.value} {bound}"

    def _amount_comparison(self, amount: Amount, comparison: Comparison, value: Decimal) -> str:
        keys = self._amount(amount)
        floor = value.quantize(_STEP, ROUND_FLOOR) if abs(value) <= _INTEGER_MAX else value
        if floor != value:
            # No amount has so many decimals, so it is between two that there can be.
            if comparison in (Comparison.EQUAL, Comparison.NOT_EQUAL):
                return "FALSE" if comparison is Comparison.EQUAL else "TRUE"
            above = comparison in (Comparison.GREATER, Comparison.AT_LEAST)
            comparison = Comparison.GREATER if above else Comparison.AT_MOST
        if len(keys) == 1:
            return f"{keys[0]} {comparison.value} {self._parameters.bind(floor)}"
        if abs(value) > _INTEGER_MAX:
            whole, rest = (_INTEGER_MAX, _BEYOND_REST) if value > 0 else (-_INTEGER_MAX, -_BEYOND_REST)
        else:
            whole = int(floor)
            rest = int((floor - whole).scaleb(AMOUNT_SCALE))
        values = f"({self._parameters.bind(whole)}, {self._parameters.bind(rest)})"
        return f"({', '.join(keys)}) {comparison.value} {values}"

    def _amount(self, amount: str | Amount) -> list[str]:
        assert isinstance(amount, Amount)
        return self._dialect.amount_order(amount.minor, amount.digits)

    def _order_keys(self, name: str, kind: Kind) -> tuple[list[str], Kind]:
        """What a column is ordered by, and what the values of that are."""
        raw = self.raw(name)
        if kind is not Kind.AMOUNT:
            return [self._dialect.null(kind) if raw is None else self._compared(kind, str(raw))], kind
        keys = self._dialect.amount_order("NULL", "NULL") if raw is None else self._amount(raw)
        kind = kind if len(keys) == 1 else Kind.INTEGER
        return [self._dialect.null(kind) for _ in keys] if raw is None else keys, kind

    def _compared(self, kind: Kind, sql: str) -> str:
        return self._dialect.text_order(sql) if kind is Kind.TEXT else sql

    def raw(self, name: str) -> str | Amount | None:
        """The column as its source has it; None if it is null in every row."""
        if name in self._scope.hidden:
            return None
        segment = self._view.column(name).segment
        if segment is not None:
            of_source = self._source.segment
            return None if of_source is None else of_source(self._dialect, self._literal(segment))
        found = self._source.columns.get(name)
        if found is None or isinstance(found, Amount):
            return found
        sql = found if isinstance(found, str) else found(self._dialect)
        if name in self._source.of_runs and self._scope.organizations is not None:
            return f"(CASE WHEN {run_is_within(self._dialect, self._is_own)} THEN {sql} END)"
        return sql

    def _is_own(self, column: str) -> str:
        own = self._parameters.bind_texts(sorted(self._scope.organizations or ()))
        return self._dialect.json.is_one_of(column, own)


def _beyond_all(comparison: Comparison, *, above: bool) -> str:
    """The comparison of any value, or of none, with one that is above all values, or below them."""
    if comparison in (Comparison.LESS, Comparison.AT_MOST):
        return "TRUE" if above else "FALSE"
    if comparison in (Comparison.GREATER, Comparison.AT_LEAST):
        return "FALSE" if above else "TRUE"
    return "TRUE" if comparison is Comparison.NOT_EQUAL else "FALSE"

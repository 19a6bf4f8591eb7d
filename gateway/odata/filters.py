"""$filter as a condition on a view.

OData has three truth values: a function of null is null, and so is its negation, while comparisons of null are true or
false. A row is there if the filter is true. Conditions have two, so that each part is written as the condition that
it is true, or that it is false.
"""

from typing import TYPE_CHECKING

from gateway.odata.errors import Unsupported
from gateway.odata.filter_text import FUNCTIONS, full_name, parsed, unsupported_function
from gateway.odata.literals import refused, value
from gateway.odata.types import is_comparable
from resolvers.did_you_mean import DidYouMean
from resolvers.errors import RequestError
from storage.bi.catalogue import Column, Kind, View
from storage.bi.questions import And, Compare, Comparison, Condition, Not, Or

if TYPE_CHECKING:  # it builds its tables when it is loaded
    from odata_query import ast

DEEPEST = 10
"""How deep conditions may stand in each other: SQLite reads 13 of the longest. A chain of one operator is one level."""

CONDITIONS_MAX = 500

_EVERY, _NONE = And(()), Or(())

_COMPARISONS = {
    "Eq": Comparison.EQUAL,
    "NotEq": Comparison.NOT_EQUAL,
    "Gt": Comparison.GREATER,
    "GtE": Comparison.AT_LEAST,
    "Lt": Comparison.LESS,
    "LtE": Comparison.AT_MOST,
}
_TURNED = {
    Comparison.GREATER: Comparison.LESS,
    Comparison.AT_LEAST: Comparison.AT_MOST,
    Comparison.LESS: Comparison.GREATER,
    Comparison.AT_MOST: Comparison.AT_LEAST,
}
"""The comparison with its sides exchanged; the others stay as they are."""

_OF_FUNCTIONS = dict(
    zip(FUNCTIONS, (Comparison.CONTAINS, Comparison.STARTS_WITH, Comparison.ENDS_WITH), strict=True),
)


def condition(text: str, view: View) -> Condition:
    """The rows for which the filter is true.

    Raises RequestError for what is no filter of the view, and Unsupported for what this service lacks.
    """
    return _Filter(view).holds(parsed(text), True)


def column(view: View, name: str, option: str) -> Column:
    """The column with that name. Raises RequestError, which names the option."""
    try:
        return view.column(name)
    except KeyError:
        near = DidYouMean(view.names)(name)
        message = f"{option}: {view.short_name} has no property {name[:100]!r}{near or '; $metadata lists them.'}"
        raise RequestError(message) from None


def comparable(found: Column, option: str) -> Column:
    """The column, which can be filtered and ordered by. Raises Unsupported."""
    if not is_comparable(found):
        instead = "use the properties that begin with segment_" if found.name == "segments" else "read it instead"
        raise Unsupported(f"{option}: {found.name} is a text with JSON, which is not compared; {instead}.")
    return found


class _Filter:
    """One filter, as it is read."""

    def __init__(self, view: View) -> None:
        self._view = view
        self._conditions = 0

    def holds(self, node: "ast._Node", true: bool, depth: int = 0) -> Condition:
        """The rows for which this part is true, or false."""
        from odata_query import ast

        if depth > DEEPEST:
            raise RequestError(f"$filter is nested more than {DEEPEST} deep; write it with fewer brackets.")
        match node:
            case ast.BoolOp(op):
                both = isinstance(op, ast.And) == true
                parts = [self.holds(part, true, depth + 1) for part in _operands(node)]
                return And(parts) if both else Or(parts)
            case ast.UnaryOp(ast.Not(), operand):
                return self.holds(operand, not true, depth + 1)
            case ast.Compare(comparator, left, right):
                found = self._compared(comparator, left, right, depth)
                return found if true else Not(found)
            case ast.Call():
                return self._call(node, true)
            case ast.Identifier():
                return self._property(node, true)
            case ast.Boolean(text):
                return _EVERY if (text.lower() == "true") == true else _NONE
        raise self._no_condition(node)

    def _compared(self, comparator: "ast._Comparator", left: "ast._Node", right: "ast._Node", depth: int) -> Condition:
        from odata_query import ast

        if isinstance(comparator, ast.In):
            return self._in_list(left, right)
        comparison = _COMPARISONS[type(comparator).__name__]
        if isinstance(_negated(left), ast._Literal):
            left, right, comparison = right, left, _TURNED.get(comparison, comparison)
        literal = _negated(right)
        if isinstance(left, ast.Identifier) and isinstance(literal, ast._Literal):
            return self._comparison(self._column(left), comparison, literal)
        if _is_condition(left) and isinstance(literal, ast.Boolean):
            # Such as contains(notes,'late') eq true.
            return self._truth(left, comparison, literal.val.lower() == "true", depth)
        for side in (left, right):
            self._check_side(side)
        raise Unsupported("$filter: a comparison of two properties is not supported; compare each with a value.")

    def _comparison(self, found: Column, comparison: Comparison, literal: "ast._Literal") -> Condition:
        self._count()
        if (wanted := value(found, literal)) is None:
            # Null is equal to itself, and neither greater nor less than anything.
            if comparison in (Comparison.EQUAL, Comparison.NOT_EQUAL):
                return Compare(found.name, comparison, None)
            or_equal = comparison in (Comparison.AT_LEAST, Comparison.AT_MOST)
            return Compare(found.name, Comparison.EQUAL, None) if or_equal else _NONE
        if found.kind is Kind.BOOLEAN and comparison in _TURNED:
            raise RequestError(f"$filter: {found.name} is true or false, and has no order; compare it by eq or ne.")
        return Compare(found.name, comparison, wanted)

    def _truth(self, node: "ast._Node", comparison: Comparison, wanted: bool, depth: int) -> Condition:
        if comparison in _TURNED:
            raise RequestError("$filter: a condition is true or false, and has no order; compare it by eq or ne.")
        found = self.holds(node, wanted, depth + 1)
        return found if comparison is Comparison.EQUAL else Not(found)

    def _in_list(self, left: "ast._Node", right: "ast._Node") -> Condition:
        from odata_query import ast

        if not isinstance(left, ast.Identifier):
            self._check_side(left)
            raise RequestError("$filter: in needs a property before it, such as currency in ('GBP','EUR').")
        found = self._column(left)
        conditions = []
        for each in map(_negated, right.val) if isinstance(right, ast.List) else [right]:
            if not isinstance(each, ast._Literal):
                raise RequestError(f"$filter: the list for {found.name} has something that is no value.")
            conditions.append(self._comparison(found, Comparison.EQUAL, each))
        return Or(conditions)

    def _call(self, call: "ast.Call", true: bool) -> Condition:
        from odata_query import ast

        name = full_name(call.func)
        if name not in _OF_FUNCTIONS:
            raise unsupported_function(name)
        whole, part = call.args
        if not isinstance(whole, ast.Identifier) or not isinstance(part, ast.String):
            self._check_side(whole)
            raise Unsupported(f"$filter: {name} needs a property and a text: {name}(notes,'late').")
        found = self._column(whole)
        if found.kind is not Kind.TEXT:
            raise refused(found, part.val)
        self._count()
        met = Compare(found.name, _OF_FUNCTIONS[name], value(found, part))
        return met if true else And((Not(met), Compare(found.name, Comparison.NOT_EQUAL, None)))

    def _property(self, node: "ast.Identifier", true: bool) -> Condition:
        found = self._column(node)
        if found.kind is not Kind.BOOLEAN:
            raise RequestError(f"$filter: {found.name} is no condition; compare it with a value.")
        self._count()
        return Compare(found.name, Comparison.EQUAL, true)

    def _column(self, node: "ast.Identifier") -> Column:
        return comparable(column(self._view, full_name(node), "$filter"), "$filter")

    def _count(self) -> None:
        self._conditions += 1
        if self._conditions > CONDITIONS_MAX:
            raise RequestError(f"$filter has more than {CONDITIONS_MAX} comparisons; ask in several requests.")

    def _check_side(self, node: "ast._Node") -> None:
        """Raises for what can never be a side of a comparison, with its own words."""
        from odata_query import ast

        match node:
            case ast.Identifier():
                self._column(node)
            case ast.Call(func):
                raise unsupported_function(full_name(func))
            case ast._Literal() | ast.UnaryOp(ast.USub()):
                raise RequestError("$filter: a value stands where a property is needed; compare a property with it.")
            case _:
                raise self._no_condition(node)

    def _no_condition(self, node: "ast._Node") -> RequestError:
        from odata_query import ast

        match node:
            case ast.BinOp():
                return Unsupported("$filter: arithmetic is not supported; compare a property with a value.")
            case ast.CollectionLambda():
                return Unsupported("$filter: any and all are not supported: no property is a collection.")
            case ast.Attribute():
                return Unsupported("$filter: paths are not supported: no property has properties of its own.")
            case ast.UnaryOp():
                return RequestError("$filter: not takes only what follows it; write not (status eq 'Created').")
        return RequestError("$filter is no condition; compare a property with a value, such as status eq 'Created'.")


def _operands(node: "ast.BoolOp") -> "list[ast._Node]":
    """What a chain of one operator joins. It is as deep as the chain is long, hence no recursion."""
    from odata_query import ast

    parts: list[ast._Node] = []
    rest: ast._Node = node
    while isinstance(rest, ast.BoolOp) and rest.op == node.op:
        parts.append(rest.right)
        rest = rest.left
    return [rest, *reversed(parts)]


def _negated(node: "ast._Node") -> "ast._Node":
    """The literal that a minus sign and a number are; any other node is returned as it is."""
    from odata_query import ast

    match node:
        case ast.UnaryOp(ast.USub(), ast.Integer(text) | ast.Float(text)) if text[0] not in "+-":
            return ast.Float(f"-{text}")
    return node


def _is_condition(node: "ast._Node") -> bool:
    from odata_query import ast

    return isinstance(node, ast.Call | ast.Compare | ast.BoolOp) or (
        isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not)
    )

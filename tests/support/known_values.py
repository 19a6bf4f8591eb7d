"""What a ledger answers to, learnt from the gateway itself: its numbers, names, ids, dates and cursors."""

from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Any

from graphql import (
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

Ask = Callable[[str], Awaitable[Any]]

ROWS = 200
"""Rows of each list that are asked for."""

_ROWS_INSIDE = 2
_DEEPEST = 2


class KnownValues:
    """Values that occur in a ledger, by type and field; and cursors, by the type of their edge and the order."""

    def __init__(self, contract: GraphQLSchema) -> None:
        self._contract = contract
        self._values: dict[tuple[str, str], set[str]] = defaultdict(set)
        self._cursors: dict[tuple[str, str | None], set[str]] = defaultdict(set)
        self._found: dict[tuple[str, ...], list[str]] = {}

    async def learn(self, ask: Ask) -> None:
        """Read every list of the contract, in each of its orders."""
        assert self._contract.query_type is not None
        for name, field in self._contract.query_type.fields.items():
            for order in self._orders(field):
                kind = get_named_type(field.type)
                if is_connection(kind):
                    by = "" if order is None else f", orderBy: {_order(order)}"
                    answer = await ask(
                        f"{{ {name}(first: {ROWS}{by}) {self._selection(kind, 0 if order else _DEEPEST)} }}"
                    )
                    self._keep(answer, order)

    def of(self, kind: str, field: str) -> list[str]:
        """The values of a field; for an interface, those of every type that implements it."""
        found = self._contract.type_map[kind]
        kinds = self._contract.get_possible_types(found) if isinstance(found, GraphQLInterfaceType) else [found]
        return self._sorted("of", kind, field, among=[self._values.get((one.name, field), set()) for one in kinds])

    def called(self, name: str) -> list[str]:
        """The values that an argument of that name is likely to mean: accountingPeriodName, or currencies."""
        among = [values for (kind, field), values in self._values.items() if name.lower() in _names(kind, field)]
        return self._sorted("called", name, among=among)

    def texts(self) -> list[str]:
        """Every text."""
        return self._sorted("texts", among=self._values.values())

    def dates(self) -> list[str]:
        """Every date."""
        fields = {key: self._contract.type_map[key[0]].fields[key[1]] for key in self._values}  # type: ignore[attr-defined]
        among = [self._values[key] for key, field in fields.items() if get_named_type(field.type).name == "Date"]
        return self._sorted("dates", among=among)

    def cursors(self, edge: str, order: str | None) -> list[str]:
        """The cursors of a list in that order."""
        return self._sorted("cursors", edge, str(order), among=[self._cursors.get((edge, order), set())])

    def foreign_cursors(self, edge: str) -> list[str]:
        """The cursors of other lists."""
        among = [found for (other, _), found in self._cursors.items() if other != edge]
        return self._sorted("foreign", edge, among=among)

    def _sorted(self, *question: str, among: Iterable[set[str]]) -> list[str]:
        """The values, sorted once for each question, since documents depend on their order."""
        if question not in self._found:
            self._found[question] = sorted(set().union(*among))
        return self._found[question]

    def _orders(self, field: Any) -> Iterator[str | None]:
        yield None
        if "orderBy" in field.args:
            kind: Any = get_named_type(field.args["orderBy"].type)
            words = list(get_named_type(kind.fields["field"].type).values)
            yield from words
            yield from (f"{word}, {then}" for word, then in zip(words, words[1:] + words[:1], strict=True))

    def _selection(self, kind: Any, deepest: int) -> str:
        parts = ["__typename"]
        for name, field in kind.fields.items():
            inner = get_named_type(field.type)
            if any(is_required_argument(argument) for argument in field.args.values()) or name == "nodes":
                continue
            if is_leaf_type(inner):
                # An Int may be beyond its range, and would spoil the whole answer.
                if inner.name in ("String", "ID", "Date"):
                    parts.append(name)
            elif is_connection(inner):
                if deepest:
                    parts.append(f"{name}(first: {_ROWS_INSIDE}) {self._selection(inner, deepest - 1)}")
            elif is_connection(kind) or name == "node" or deepest:
                deeper = deepest if is_connection(kind) or name == "node" else deepest - 1
                parts.append(f"{name} {self._selection(inner, deeper)}")
        return "{ " + " ".join(parts) + " }"

    def _keep(self, answer: Any, order: str | None) -> None:
        if isinstance(answer, list):
            for one in answer:
                self._keep(one, order)
        if not isinstance(answer, dict):
            return
        for name, value in answer.items():
            kind = answer.get("__typename", "")
            if isinstance(value, str) and name == "cursor" and "node" in answer:
                self._cursors[kind, order].add(value)
            elif isinstance(value, str) and name != "__typename":
                self._values[kind, name].add(value)
            else:
                # Lists inside are in their own usual order.
                self._keep(value, order if name in ("edges", "pageInfo") or not kind else None)


def _names(kind: str, field: str) -> set[str]:
    """The names, in small letters, of arguments that are likely to mean this field, or a list of its values."""
    code = (
        {"accountnames", "debitaccountnames", "creditaccountnames"}
        if (kind, field) == ("AccountingCode", "name")
        else set()
    )
    of_segment = {"values"} if (kind, field) == ("Segment", "value") else set()
    plain = (f"{kind}{field}", field, f"{kind}{field}s", f"{field}s", f"{field[:-1]}ies")
    return {name.lower() for name in plain} | code | of_segment


def _order(words: str) -> str:
    word, _, rest = words.partition(", ")
    return f"{{ field: {word}{f', thenBy: {_order(rest)}' if rest else ''} }}"


def is_connection(kind: Any) -> bool:
    """Whether the type is a page of a list."""
    return isinstance(kind, GraphQLObjectType) and "edges" in kind.fields

"""Random documents: a walk through the contract, so that new types, fields and arguments are in them by themselves."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any

from graphql import (
    GraphQLBoolean,
    GraphQLField,
    GraphQLNonNull,
    GraphQLSchema,
    get_named_type,
    is_interface_type,
    is_leaf_type,
    is_object_type,
    is_required_argument,
)

from schema.preparation import RequestRefused
from schema.schema import SCHEMA
from tests.support.known_values import KnownValues, is_connection
from tests.support.random_values import RandomValues, Role

_CONDITION = GraphQLNonNull(GraphQLBoolean)

_ROWS_MAX = 300
_ROWS_USUAL = 20
_OTHER_OPERATION = "query Other { viewer { name } }"
_INTROSPECTION = "__schema { queryType { name } }"


@dataclass(frozen=True)
class Asked:
    """A request, which its seed alone brings back on the same ledger."""

    seed: int
    document: str
    variables: dict[str, Any]
    operation_name: str | None


@dataclass(frozen=True)
class _Fragment:
    name: str
    of: str
    text: str
    depth: int
    rows: int


def random_document(contract: GraphQLSchema, known: KnownValues, seed: int) -> Asked:
    """The document of that seed. Most are valid; about one in four is careless, and then something may be wrong."""
    for attempt in count():
        random = Random(f"{seed}/{attempt}")  # noqa: S311
        asked, careless = _Writer(contract, known, random, random.random() < 0.25).write(seed)
        if careless:
            return asked
        try:
            SCHEMA.prepare(asked.document, asked.operation_name)
        except RequestRefused:
            continue  # for example, two fields with one name cannot be merged
        return asked
    raise AssertionError


@dataclass
class _Writer:
    contract: GraphQLSchema
    known: KnownValues
    random: Random
    careless: bool
    values: RandomValues = field(init=False)
    lavish: bool = field(init=False)
    """Whether lists are as large within other lists, so that some operations are too large."""
    fragments: list[_Fragment] = field(default_factory=list)
    aliases: int = 0
    fields_left: int = 0

    def __post_init__(self) -> None:
        self.values = RandomValues(self.random, self.known, self.careless)
        self.lavish = self.careless and self._chance(0.15)

    def write(self, seed: int) -> tuple[Asked, bool]:
        depth = self.random.choice([3, 4, 6, 8, 10, 13])
        selection = self._roots(depth)
        if self._chance(0.02):
            selection = selection[:-1] + f" {_INTROSPECTION} }}"
        variables = f"({', '.join(self.values.declared)})" if self.values.declared else ""
        name = self.random.choice(["Asked", "Q_1"]) if variables or self._chance(0.3) else None
        head = "" if name is None and self._chance(0.5) else f"query {name or ''}{variables} "
        texts = [head + selection, *(one.text for one in self.fragments)]
        if name is not None and self._chance(0.15):
            texts.append(_OTHER_OPERATION)
        self.random.shuffle(texts)
        document = "\n".join(texts)
        named = name if _OTHER_OPERATION in texts or self._chance(0.5) else None
        if self.careless and self._chance(0.2):
            document, named = self._spoilt(document, named)
        return Asked(seed, document, self.values.sent, named), self.careless

    def _chance(self, share: float) -> bool:
        return self.random.random() < share

    def _spoilt(self, document: str, named: str | None) -> tuple[str, str | None]:
        """The document with one fault in it."""
        name = self.random.choice(["number", "nodes", "status", "id", "name"])
        return self.random.choice(
            [
                (document.replace(name, "noSuchField", 1), named),
                (document.replace("{", "(", 1), named),
                (document[:-1], named),
                (document.replace("first:", "most:", 1), named),
                (document, "NoSuchName"),
                (document + " " + _OTHER_OPERATION, None),
                (document + " fragment Unused on JournalRun { id }", named),
                (f"{{ viewer {{ {' '.join(f'a{number}: name' for number in range(101))} }} }}", None),
            ]
        )

    def _roots(self, depth: int) -> str:
        """One to four root fields, some of them in fragments; each has its share of fields."""
        used: dict[str, str] = {}
        parts = []
        for _ in range(self.random.choice([1, 1, 1, 2, 3, 4])):
            self.fields_left = 200 if self._chance(0.02) else self.random.choice([6, 12, 25, 50])
            write = self._part if self._chance(0.2) else self._field
            parts.append(write(self.contract.query_type, depth, _ROWS_MAX, used))
        return "{ " + " ".join(parts) + " }"

    def _selection(self, kind: Any, depth: int, rows: int) -> str:
        used: dict[str, str] = {}
        most = min(8, 1 + len(kind.fields))
        parts = [self._part(kind, depth, rows, used) for _ in range(self.random.randint(1, most))]
        if self.aliases < 20 and self._chance(0.006):
            parts += self._wide(kind)
        return "{ " + " ".join(parts) + " }"

    def _wide(self, kind: Any) -> Iterator[str]:
        """More members than one call of a function in SQL may have."""
        leaves = [name for name, one in kind.fields.items() if is_leaf_type(get_named_type(one.type))]
        for number in range(70 if leaves else 0):
            self.aliases += 1
            yield f"w{self.aliases}: {leaves[number % len(leaves)]}"

    def _part(self, kind: Any, depth: int, rows: int, used: dict[str, str]) -> str:
        chance = self.random.random()
        if chance < 0.04:
            return f"{self._alias() if self._chance(0.3) else ''}__typename{self._directive()}"
        if chance < 0.08:
            return f"...{self._directive()} {self._selection(kind, depth, rows)}"
        if chance < 0.14 or (is_interface_type(kind) and chance < 0.8):
            other = self._condition(kind)
            return f"... on {other}{self._directive()} {self._selection(self.contract.type_map[other], depth, rows)}"
        if chance < 0.21 or (is_interface_type(kind) and chance < 0.9):
            return f"...{self._spread(kind, depth, rows)}{self._directive()}"
        return self._field(kind, depth, rows, used)

    def _condition(self, kind: Any) -> str:
        """A type that a fragment may have here."""
        if is_interface_type(kind):
            return str(self.random.choice([kind.name, *(one.name for one in self.contract.get_possible_types(kind))]))
        return str(self.random.choice([kind.name, kind.name, *(one.name for one in kind.interfaces)]))

    def _spread(self, kind: Any, depth: int, rows: int) -> str:
        """The name of a fragment: perhaps one that is used elsewhere too."""
        possible = {self._condition(kind) for _ in range(3)}
        known = [one for one in self.fragments if one.of in possible and one.depth <= depth and one.rows <= rows]
        if known and self._chance(0.5):
            return self.random.choice(known).name
        of = self.random.choice(sorted(possible))
        text = self._selection(self.contract.type_map[of], depth, rows)
        name = f"F{len(self.fragments)}"
        self.fragments.append(_Fragment(name, of, f"fragment {name} on {of} {text}", depth, rows))
        return name

    def _field(self, kind: Any, depth: int, rows: int, used: dict[str, str]) -> str:
        self.fields_left -= 1
        shallow = depth <= 1 or self.fields_left < 0
        candidates = [
            name for name, one in kind.fields.items() if not shallow or is_leaf_type(get_named_type(one.type))
        ]
        if not candidates:
            return "__typename"
        name = self.random.choice(candidates)
        definition: GraphQLField = kind.fields[name]
        inner = get_named_type(definition.type)
        arguments, taken = self._arguments(definition, inner, rows)
        alias = self._alias() if self._chance(0.25) else ""
        if not alias and used.setdefault(name, arguments) != arguments:
            if self._chance(0.3) and len(self.values.declared) == 0:
                arguments = used[name]
            else:
                alias = self._alias()
        text = f"{alias}{name}{arguments}{self._directive()}"
        if is_leaf_type(inner):
            return text
        if not is_connection(inner) and not is_connection(kind) and "[" in str(definition.type):
            taken = 3
        return f"{text} {self._selection(inner, depth - 1, rows if self.lavish else rows // max(1, taken))}"

    def _alias(self) -> str:
        self.aliases += 1
        chance = self.random.random()
        if chance < 0.15:
            return f"{'a_rather_long_name_' * self.random.choice([4, 7])}{self.aliases}: "
        return f"_{self.aliases}: " if chance < 0.3 else f"a{self.aliases}: "

    def _directive(self) -> str:
        if not self._chance(0.1):
            return ""
        name = self.random.choice(["include", "include", "skip"])
        return f" @{name}(if: {self.values.literal(_CONDITION, Role('if'))})"

    def _arguments(self, definition: GraphQLField, inner: Any, rows: int) -> tuple[str, int]:
        """The arguments as text, and about how many rows they select."""
        written: list[str] = []
        order: str | None = None
        for name, one in definition.args.items():
            if name in ("first", "last", "after", "before"):
                continue
            if is_required_argument(one) or self._chance(0.4):
                texts = self.known.of(inner.name, name) if is_object_type(inner) or is_interface_type(inner) else []
                text = self.values.literal(one.type, Role(name, texts or self.known.called(name)))
                written.append(f"{name}: {text}")
                if name == "orderBy":
                    order = ", ".join(re.findall(r"field: ([A-Z_]+)", text)) or None
        taken = 1
        if "first" in definition.args:
            window, taken = self._window(definition, inner, order, rows)
            written += window
        self.random.shuffle(written)
        return (f"({', '.join(written)})" if written else ""), taken

    def _window(self, definition: GraphQLField, inner: Any, order: str | None, rows: int) -> tuple[list[str], int]:
        edge = get_named_type(inner.fields["edges"].type).name
        written: list[str] = []
        taken = _ROWS_USUAL
        if rows < _ROWS_MAX or self._chance(0.7):
            most = rows if rows < _ROWS_USUAL else 1_000
            name, other = self.random.sample(["first", "last"], 2)
            role = Role(name, most=min(most, self.random.choice([3, 1_000])), may_be_missing=rows >= _ROWS_MAX)
            text = self.values.literal(definition.args[name].type, role)
            written.append(f"{name}: {text}")
            taken = int(text) if text.isdecimal() else min(_ROWS_USUAL, max(1, role.most))
            if self._chance(0.05):
                written.append(f"{other}: null")
            elif self.careless and self._chance(0.1):
                written.append(f"{other}: 2")
        for name in ("after", "before"):
            if self._chance(0.2):
                cursors = self.known.cursors(edge, order)
                if self.careless and self._chance(0.3):
                    cursors = self.known.foreign_cursors(edge)
                role = Role(name, cursors, may_be_missing=True)
                if cursors:
                    written.append(f"{name}: {self.values.literal(definition.args[name].type, role)}")
        return written, min(taken, _ROWS_USUAL)

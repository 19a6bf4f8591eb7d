"""Random values of arguments: written into the document, or sent as variables."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

from graphql import (
    get_named_type,
    is_enum_type,
    is_input_object_type,
    is_list_type,
    is_non_null_type,
    is_required_input_field,
)

from tests.support.known_values import KnownValues
from tests.support.odd_texts import NAMES, TEXTS

START = datetime(2010, 12, 31, 23, 59, 58, tzinfo=UTC)
MICROSECONDS = (0, 10, 260_000, 999_999, 100)
"""When things happen in the odd ledger."""

_AMOUNTS = [
    "0", "0.005", "0.01", "0.10", "1", "1.5", "2.345", "7", "0.0001", "1000", "3.0000000000000000000000000001",
    "92233720368547758.07", "92233720368547758.08", "9223372036854775807", "9" * 40, "922337203685477.5807",
]  # fmt: skip
_DEEPEST = 3
"""Filters in each other."""

WRONG: Sequence[Any] = [1.5, True, "", {"a": None}, [None], -1, 2**31, "NO_SUCH_WORD", "\ud800", "\0"]


@dataclass(frozen=True)
class Word:
    """A word of an enum: quoted in variables, but not in a document."""

    text: str


@dataclass(frozen=True)
class Role:
    """What an argument is for: its name, the texts that it may have, and the most rows that it may ask for."""

    name: str
    texts: Sequence[str] = ()
    most: int = 3
    may_be_missing: bool = True
    depth: int = 0
    """The input objects that it is in."""


@dataclass
class RandomValues:
    """Writes values and declares variables for one operation. If it is careless, some of them are wrong."""

    random: Random
    known: KnownValues
    careless: bool
    declared: list[str] = field(default_factory=list)
    sent: dict[str, Any] = field(default_factory=dict)

    def chance(self, share: float) -> bool:
        """True in that share of cases."""
        return self.random.random() < share

    def literal(self, kind: Any, role: Role, default: bool = False) -> str:
        """A value as it is written into a document; perhaps a variable, which may have no value where none is needed.

        `default` says that the place itself has a default value, so that it takes a nullable variable.
        """
        if self.chance(0.3):
            return self._variable(kind, role, default)
        if not is_non_null_type(kind) and role.may_be_missing and self.chance(0.06):
            return "null"
        kind = getattr(kind, "of_type", kind) if is_non_null_type(kind) else kind
        if is_list_type(kind) and not self.chance(0.1):
            return (
                "["
                + ", ".join(self.literal(kind.of_type, role) for _ in range(self.random.choice([0, 1, 1, 2, 3])))
                + "]"
            )
        if is_list_type(kind):
            return _written(self.value(kind.of_type, role))  # stands for a list of one
        if is_input_object_type(kind):
            fields = [
                f"{name}: {self.literal(one.type, self._inner(role, name), not is_required_input_field(one))}"
                for name, one in self._chosen(kind, role)
            ]
            return "{" + ", ".join(fields) + "}"
        return _written(self._leaf(kind, role))

    def _variable(self, kind: Any, role: Role, default: bool) -> str:
        name = f"v{len(self.declared)}"
        required = is_non_null_type(kind)
        nullable = kind.of_type if required else kind
        if required and not default:
            modes = ["given", "given", "given", "default", "default and given"]
            if self.careless:
                modes += ["wrong", "missing", "null"]
        else:
            modes = [
                "given",
                "given",
                "required",
                "default",
                "default and given",
                "wrong" if self.careless else "given",
            ]
            if role.may_be_missing:
                modes += ["null", "missing", "default and null"]
        mode = self.random.choice(modes)
        declared = str(nullable)
        if (required and not default and "default" not in mode) or mode == "required":
            declared += "!"
        if "default" in mode:
            declared += f" = {_written(self.value(nullable, role))}"
        self.declared.append(f"${name}: {declared}")
        if mode in ("null", "default and null"):
            self.sent[name] = None
        elif mode == "wrong":
            self.sent[name] = self.random.choice(WRONG)
        elif mode not in ("missing", "default"):
            self.sent[name] = _sent(self.value(nullable, role))
        return f"${name}"

    def value(self, kind: Any, role: Role) -> Any:
        """A value without variables in it."""
        if is_non_null_type(kind):
            kind = kind.of_type
        if is_list_type(kind):
            return [self.value(kind.of_type, role) for _ in range(self.random.choice([0, 1, 1, 2, 3]))]
        if is_input_object_type(kind):
            return {name: self.value(one.type, self._inner(role, name)) for name, one in self._chosen(kind, role)}
        return self._leaf(kind, role)

    def _inner(self, role: Role, name: str) -> Role:
        return Role(name, self.known.called(name), role.most, depth=role.depth + 1)

    def _chosen(self, kind: Any, role: Role) -> list[tuple[str, Any]]:
        # Of the many conditions of a filter, all of a few are met by more rows than all of many.
        share = self.random.choice([0.15, 0.4]) * min(1, 8 / len(kind.fields))
        return [
            (name, one)
            for name, one in kind.fields.items()
            if is_required_input_field(one) or self.chance(self._share_of_inner(role) if _is_filter(one) else share)
        ]

    def _share_of_inner(self, role: Role) -> float:
        return 0.25 if role.depth < _DEEPEST else 0.02 if self.careless and role.depth < 3 * _DEEPEST else 0

    def _leaf(self, kind: Any, role: Role) -> Any:
        if self.careless and self.chance(0.04):
            return self.random.choice(WRONG)
        if is_enum_type(kind):
            return Word(self.random.choice(list(kind.values)))
        if kind.name == "Boolean":
            return self.chance(0.6)
        if kind.name == "Int":
            return self._number(role)
        if kind.name == "Date":
            return self._date()
        if kind.name == "DateTime":
            return self._moment()
        if kind.name == "Decimal":
            return self._amount()
        if role.name == "text":
            return self._part_of_text()
        return self._text(role)

    def _number(self, role: Role) -> int:
        if self.careless and self.chance(0.1):
            return self.random.choice([-1, 1_001, 2**31 - 1])
        return self.random.choice([size for size in (0, 1, 1, 2, 2, 3, 5, 17, 100, 1_000) if size <= max(1, role.most)])

    def _date(self) -> str:
        if self.careless and self.chance(0.1):
            return self.random.choice(["", "2011-02-30", "20110228", "0000-01-01"])
        day = date.fromisoformat(self.random.choice(self.known.dates()))
        if date(2000, 1, 1) < day < date(9000, 1, 1) and self.chance(0.5):
            day += timedelta(self.random.choice([-31, -1, 1, 31]))
        return day.isoformat()

    def _moment(self) -> str:
        if self.careless and self.chance(0.1):
            return self.random.choice(["", "2011-01-01", "2011-01-01T00:00:00", "0001-01-01T00:00:00+14:00"])
        moment = START + timedelta(seconds=self.random.randrange(-5, 600))
        if self.chance(0.5):
            moment = moment.replace(microsecond=self.random.choice(MICROSECONDS))
        return moment.isoformat()

    def _amount(self) -> str:
        if self.careless and self.chance(0.1):
            return self.random.choice(["", "1e3", "NaN", "1,5", "9" * 200])
        return self.random.choice(["", "-"]) + self.random.choice(_AMOUNTS)

    def _part_of_text(self) -> str:
        texts = self.known.texts()
        if not texts or self.chance(0.1):
            return self.random.choice(TEXTS if self.careless else NAMES)
        text = self.random.choice(texts)
        start = self.random.randrange(len(text) + 1)
        text = text[start : start + self.random.choice([1, 2, 3, 5, 100])]
        return self.random.choice([text, text.upper(), text.lower()])

    def _text(self, role: Role) -> str:
        if not role.texts or self.chance(0.08):
            return self.random.choice(TEXTS if self.careless else NAMES)
        text = self.random.choice(role.texts)
        if self.chance(0.05):
            text = self.random.choice([text.lower(), text + "0", f" {text} ", text[:-1]])
        return text


def _written(value: Any) -> str:
    match value:
        case Word():
            return value.text
        case list():
            return "[" + ", ".join(_written(one) for one in value) + "]"
        case dict():
            return "{" + ", ".join(f"{name}: {_written(one)}" for name, one in value.items()) + "}"
        case _:
            # JSON in ASCII writes characters beyond 16 bits as pairs of surrogates, which GraphQL reads as one.
            return json.dumps(value)


def _sent(value: Any) -> Any:
    match value:
        case Word():
            return value.text
        case list():
            return [_sent(one) for one in value]
        case dict():
            return {name: _sent(one) for name, one in value.items()}
        case _:
            return value


def _is_filter(field: Any) -> bool:
    """Whether the values of an input field are filters or orders, which can have others in them."""
    kind = get_named_type(field.type)
    return is_input_object_type(kind) and bool({"and", "thenBy"} & kind.fields.keys())

"""The answer to one document, by each of the ways that give one; and whether two answers are the same."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import unified_diff
from typing import Any

import orjson

from resolvers.context import Gateway
from schema.metrics import QUERIES
from schema.planning import PLAN, Planning
from schema.schema import SCHEMA
from storage.words import Permission
from tests.support.asking import context_of
from tests.support.random_documents import Asked

Errors = list[dict[str, Any]]

REFUSED = "operation refused"


@dataclass(frozen=True)
class Way:
    """A way to an answer: the gateway of a database, by plans or by Strawberry's executor."""

    name: str
    gateway: Gateway
    planned: bool = False
    streamed: bool = False


@dataclass(frozen=True)
class Caller:
    """Somebody who asks."""

    name: str
    permissions: frozenset[Permission]
    key_name: str | None = None


@dataclass(frozen=True)
class Answer:
    """The bytes of the data, the errors as they are sent, and how it was answered: by a plan, or why not."""

    data: bytes
    errors: Errors
    how: str

    @property
    def planned(self) -> bool:
        """Whether a plan gave it."""
        return self.how == PLAN

    def same(self, other: "Answer") -> bool:
        """Whether both are the same, down to the bytes.

        Only one exception is made. When several rows or root fields fail, the executor reports those errors that it
        meets before it gives up, which is chance: a caller may get FORBIDDEN for one row or an error for another. Then
        the same values must be null because of errors, and errors at the same path must be the same.
        """
        if self.data != other.data:
            return False
        if sorted(map(json.dumps, self.errors)) == sorted(map(json.dumps, other.errors)):
            return True
        ours, theirs = ({json.dumps(error.get("path")): error for error in one.errors} for one in (self, other))
        if "null" in {*ours, *theirs} or any(ours[path] != theirs[path] for path in {*ours} & {*theirs}):
            return False
        return self._places() == other._places()

    def pretty(self) -> list[str]:
        """The answer as lines to read."""
        try:
            data = orjson.loads(self.data)
        except orjson.JSONDecodeError as error:
            data = f"not JSON, {error}: {self.data!r}"
        shown = {"data": data, "errors": self.errors}
        return json.dumps(shown, indent=2, ensure_ascii=False).splitlines()

    def _places(self) -> set[str]:
        """The paths of the values that are null because of errors."""
        data = orjson.loads(self.data)
        return {json.dumps(_null_at(data, error["path"])) for error in self.errors}


def difference(one: tuple[Way, Answer], other: tuple[Way, Answer]) -> str:
    """What differs, as a unified diff."""
    (way, answer), (other_way, other_answer) = one, other
    lines = list(unified_diff(answer.pretty(), other_answer.pretty(), way.name, other_way.name, lineterm=""))
    if not lines:
        lines = [f"only the bytes differ: {way.name} and {other_way.name}", repr(answer.data), repr(other_answer.data)]
    return "\n".join(lines)


async def answer(way: Way, asked: Asked, caller: Caller) -> Answer:
    """The answer to the document by this way."""
    context = context_of(way.gateway, caller.permissions, caller.key_name)
    parameters: dict[str, Any] = {
        "variable_values": asked.variables,
        "context_value": context,
        "operation_name": asked.operation_name,
    }
    before = _counted()
    with _plans(way.planned):
        if way.streamed:
            result: Any = await anext(aiter(await SCHEMA.stream(asked.document, **parameters)))
        else:
            result = await SCHEMA.execute(asked.document, **parameters)
    return Answer(
        data=orjson.dumps(result.data),
        errors=[dict(error.formatted) for error in result.errors or ()],
        how=next((how for how, count in _counted().items() if count != before.get(how, 0)), REFUSED),
    )


@contextmanager
def _plans(planned: bool) -> Iterator[None]:
    """Inside, plans answer, and one that fails raises; or the executor answers everything."""
    before = SCHEMA.planning
    SCHEMA.planning = Planning.STRICT if planned else Planning.OFF
    try:
        yield
    finally:
        SCHEMA.planning = before


def _counted() -> dict[str, float]:
    """How often queries were answered by a plan, or for each reason not."""
    samples = [sample for metric in QUERIES.collect() for sample in metric.samples]
    return {one.labels["answered"]: one.value for one in samples if one.name.endswith("_total")}


def _null_at(data: Any, path: list[str | int]) -> list[str | int]:
    """The path of the null that the error at the path has left."""
    for length, part in enumerate(path):
        if data is None:
            return path[:length]
        data = data[part]
    return path

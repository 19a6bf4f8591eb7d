"""Answering a query by its plan, and when not to."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

import orjson
from graphql import GraphQLError
from graphql.execution.collect_fields import FieldDetails
from strawberry.types import ExecutionResult

from resolvers.context import TOO_SLOW
from resolvers.errors import RequestError, TooSlow
from schema.info import RequestContext
from schema.kept_plans import KeptPlans
from schema.metrics import QUERIES
from schema.objects import objects
from schema.plan import Plan, Planner, Selecting, Unplanned
from storage.asking import Unanswerable
from storage.conditions import Condition
from storage.database import DatabaseError, UnfitText
from storage.deadline import DeadlineExceeded, deadline
from storage.documents.words import Each
from storage.pages import BadCursor

logger = logging.getLogger(__name__)

PLAN = "plan"


STOCK = (RequestError, GraphQLError, BadCursor, Unplanned, Unanswerable, UnfitText, DatabaseError)
"""What a plan raises where the stock way answers: it words a refusal, and a value that only it can give."""


class Planning(Enum):
    """Whether queries are answered by plans. STRICT raises where a plan fails, which is for tests."""

    ON = "on"
    OFF = "off"
    STRICT = "strict"


class Planned(dict[str, Any]):
    """The data of a planned answer, and the length of the JSON in it."""

    length = 0


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows of that type: the conditions that select them, and their keys, in order."""

    of: type
    conditions: Sequence[Condition]
    key: str
    keys: Sequence[int]


class Answers:
    """Answers queries of one schema by plans."""

    def __init__(self, planner: Planner) -> None:
        self.planning = Planning.ON
        self._planner = planner
        self._plans = KeptPlans(planner)

    async def answer(self, operation: Selecting, context: RequestContext) -> ExecutionResult | Exception:
        """The answer to a query, its objects as JSON; or why the query goes the stock way, which is counted."""
        if self.planning is Planning.OFF:
            return Unplanned("plans are off")
        result, how = await self._answer(operation, context)
        QUERIES.labels(how).inc()
        return result

    async def each(
        self, operation: Selecting, context: RequestContext, rows: Rows, details: list[FieldDetails]
    ) -> list[bytes] | None:
        """The rows as JSON, as the field selects them, in the order of their keys; None if they go the stock way."""
        if self.planning is Planning.OFF or not rows.keys:
            return None
        try:
            members = self._planner.members(operation, context, rows.of, details)
            texts = await context.gateway.ask_each(Each(rows.of, rows.conditions, rows.key, members))
        except (*STOCK, DeadlineExceeded):
            return None
        except Exception:
            self._failed()
            return None
        # A row that has just been deleted is told as such, which is left to the stock way.
        return [texts[key] for key in rows.keys] if len(texts) == len(set(rows.keys)) else None

    async def _answer(self, operation: Selecting, context: RequestContext) -> tuple[ExecutionResult | Exception, str]:
        try:
            plan = self._plans.plan(operation, context)
            return ExecutionResult(data=await _read(plan, context), errors=None), PLAN
        except (DeadlineExceeded, TooSlow):
            return ExecutionResult(data=None, errors=[_too_slow(next(iter(plan.data)))]), "deadline exceeded"
        except STOCK as error:
            return error, _reason(error)
        except Exception as error:
            self._failed()
            return error, "failed"

    def _failed(self) -> None:
        """Log the exception that is being handled, unless tests are to see it."""
        if self.planning is Planning.STRICT:
            raise
        logger.exception("could not answer by a plan; it goes the stock way")


def _reason(error: Exception) -> str:
    """Why the stock way answers: one of a few words, to be counted by."""
    if isinstance(error, Unplanned):
        return str(error)
    by_ledger = isinstance(error, Unanswerable | UnfitText | DatabaseError)
    return type(error).__name__ if by_ledger else "arguments refused"


def _too_slow(key: str) -> GraphQLError:
    return GraphQLError(TOO_SLOW, path=[key], extensions={"code": TooSlow.code})


async def _read(plan: Plan, context: RequestContext) -> Planned:
    data = Planned(plan.data)
    if plan.document.roots:
        for key, text in (await context.gateway.ask(plan.document)).items():
            data[key] = None if text is None else orjson.Fragment(text)
            data.length += len(text or "")
    for table in plan.tables:
        with deadline(context.gateway.database.answer_seconds):
            rows = await table.asked.rows()
        written = await asyncio.to_thread(objects, rows, table.members)
        data[table.key] = orjson.Fragment(written)
        data.length += len(written)
    return data

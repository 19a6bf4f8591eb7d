"""The schema, assembled."""

import logging
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import strawberry
from graphql import GraphQLError, GraphQLObjectType, GraphQLResolveInfo, OperationType
from graphql.execution import Executor as CoreExecutor
from graphql.execution.collect_fields import FieldDetails
from graphql.execution.values import get_variable_values
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.schema import StreamResult
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as StrawberryOperationType

from resolvers.budgets import Budget
from resolvers.errors import RequestError
from runs.shared import Span
from schema import (
    enums,  # noqa: F401  (makes the vocabularies GraphQL enums, before a type names them)
    executing,
)
from schema.admission import Admission, Admitted, Refused
from schema.coercion import Coerced, Coercion
from schema.executor import Executor
from schema.guards import guard
from schema.info import Info, RequestContext
from schema.input_errors import (
    BAD_USER_INPUT,
    LONGEST_MESSAGE,
    argument_error,
    limit_errors,
    shortened,
    variable_errors,
)
from schema.mutation import Mutation
from schema.plan import Planner, Selecting, selecting_of
from schema.planning import Answers, Planning, Rows
from schema.preparation import Operation, Preparation, RequestRefused
from schema.query import Query
from schema.scalars import DATE, DECIMAL, MOMENT
from schema.subscription import Subscription
from schema.violations import field_of
from storage.cancellations import EntryCancelOutcome
from storage.conditions import Comparing, Comparison

SDL_PATH = Path(__file__).parent / "schema.graphql"
"""The committed contract; a test compares it with the code."""

STREAMABLE = frozenset(OperationType)

_EXECUTABLE = frozenset(StrawberryOperationType) - {StrawberryOperationType.SUBSCRIPTION}

logger = logging.getLogger(__name__)


class Schema(strawberry.Schema):
    """Refuses invalid requests in the same way on every transport, and logs internal errors only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        guard(self._schema)
        self._preparation = Preparation(self._schema)
        types = [of for of in self._schema.type_map.values() if isinstance(of, GraphQLObjectType)]
        self._admission = Admission(self._schema)
        self._coercion = Coercion(self._schema)
        self._answers = Answers(Planner(self.schema_converter, types))

    @property
    def planning(self) -> Planning:
        """Whether queries are answered by plans."""
        return self._answers.planning

    @planning.setter
    def planning(self, planning: Planning) -> None:
        self._answers.planning = planning

    def prepare(
        self, query: str, operation_name: str | None, allowed: frozenset[OperationType] = STREAMABLE
    ) -> Operation:
        """The operation to execute for a request. Raises RequestRefused if there is none."""
        return self._preparation.prepare(query, operation_name, allowed)

    async def prepared(
        self, query: str, operation_name: str | None, allowed: frozenset[OperationType] = STREAMABLE
    ) -> Operation:
        """The same as `prepare`, while other requests are answered."""
        return await self._preparation.prepared(query, operation_name, allowed)

    def limit_errors(self, operation: Operation, variables: Mapping[str, Any] | None) -> list[GraphQLError]:
        """The refusal of variables whose values are too large to be looked at one by one; none for any other."""
        return limit_errors(self._schema, operation.document, operation.definition, variables or {})

    async def execute(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        allowed_operation_types: Iterable[StrawberryOperationType] | None = None,
        operation_extensions: dict[str, Any] | None = None,
    ) -> ExecutionResult:
        """Execute a query or a mutation. A subscription is refused, with the transports that can stream it."""
        allowed = _EXECUTABLE.intersection(allowed_operation_types or _EXECUTABLE)
        execute = partial(
            super().execute,
            query,
            context_value=context_value,
            root_value=root_value,
            operation_name=operation_name,
            allowed_operation_types=allowed,
            operation_extensions=operation_extensions,
        )
        try:
            asked = self._asked(query, variable_values, context_value, operation_name=operation_name)
            if asked is None:
                return await execute(variable_values=variable_values)
            admitted = self._admission.admit(asked.operation, asked.selecting, asked.budget, asked.budget.limits.most)
            coerced = Coerced(variable_values or {}, asked.operation.definition, asked.selecting.variable_values)
            result = await self._executed(asked, admitted, partial(execute, variable_values=coerced))
        except Refused as refused:
            return refused.result
        result.extensions = admitted.told
        return result

    async def stream(self, *args: Any, **kwargs: Any) -> StreamResult:
        """Execute an operation of any type, and stream its results: one, unless it is a subscription."""
        try:
            asked = self._asked(*args, **kwargs)
        except Refused as refused:
            return _once(refused.result)
        return await super().stream(*args, **kwargs) if asked is None else _once(await self.execute(*args, **kwargs))

    def admit(self, operation: Operation, executor: CoreExecutor[Any], budget: Budget) -> Admitted:
        """Admit a subscription by the cost of each event, which the executor may have to make. Raises Refused."""
        most = min(budget.limits.executor, budget.limits.most)
        return self._admission.admit(operation, self._selecting(executor), budget, most)

    def _asked(
        self,
        query: str | None,
        variable_values: dict[str, Any] | None = None,
        context_value: Any = None,
        root_value: Any = None,
        operation_name: str | None = None,
        **_: Any,
    ) -> "_Asked | None":
        """A query or a mutation; None for a subscription and for what the stock way refuses. Raises Refused."""
        try:
            operation = self.prepare(query or "", operation_name)
        except RequestRefused:
            return None
        definition, given = operation.definition, variable_values or {}
        defined = definition.variable_definitions or ()
        values = None
        if operation.type is not OperationType.SUBSCRIPTION:
            values = self._coercion.values(defined, given)
        if values is None:
            if errors := self.limit_errors(operation, variable_values):
                raise Refused(*errors)
            if operation.type is OperationType.SUBSCRIPTION:
                return None
            found = get_variable_values(self._schema, defined, given, max_errors=1, hide_suggestions=True)
            if isinstance(found, list):
                return None  # the stock way words why they are refused
            values = found
        return _Asked(operation, Selecting(self._schema, operation.fragments, values, definition), context_value)

    async def _executed(self, asked: "_Asked", admitted: Admitted, execute: executing.Execute) -> ExecutionResult:
        """The result of an operation: by its plan, or by the executor. Raises Refused."""
        most = asked.budget.limits.executor
        if asked.operation.type is OperationType.MUTATION:
            cost = self._admission.executed(asked.selecting)
            if cost > most:
                raise Refused(self._admission.beyond_executor(asked.selecting, cost, most), told=admitted.told)
            return await executing.change(execute)
        answered = await self._answers.answer(asked.selecting, asked.context)
        if isinstance(answered, ExecutionResult):
            return answered
        if admitted.cost <= most:
            return await executing.query(execute, asked.context, admitted.cost)
        error = executing.refusal(answered)
        if error is None:
            error = self._admission.beyond_executor(asked.selecting, admitted.cost, most)
        self.process_errors([error])
        raise Refused(error, told=admitted.told) from None

    async def _prepare_operation_async(
        self, context: ExecutionContext, extensions_runner: Any
    ) -> PreExecutionError | None:
        # Strawberry 0.341 executes the first of several operations if none is named, and an exception that an extension
        # raises while it parses or validates breaks a stream silently. Requests of every transport pass through this
        # method; tests/rules/test_strawberry.py fails when it is no longer needed.
        try:
            operation = self.prepare(
                context.query or "",
                context._provided_operation_name,
                frozenset(OperationType(allowed.value) for allowed in context.allowed_operations),
            )
        except RequestRefused as refused:
            context.pre_execution_errors = refused.errors
            return PreExecutionError(data=None, errors=refused.errors)
        context.graphql_document = operation.document
        return None

    async def objects(self, info: Info, rows: Sequence[Any] | None) -> Any:
        """The rows that a field returns, as JSON if a plan can write them; otherwise as they are."""
        if not rows:
            return rows
        resolving: GraphQLResolveInfo[Any] = info._raw_info
        details = [FieldDetails(node, None) for node in resolving.field_nodes]
        ids = [row.id for row in rows]
        these = Rows(type(rows[0]), [Comparing("id", Comparison.IN, ids)], "id", ids)
        selecting, most = selecting_of(resolving), info.context.budget.limits.executor
        written = await self._answers.each(selecting, info.context, these, details)
        if written is not None:
            return orjson.Fragment(b"[%b]" % b",".join(written))
        if (cost := self._admission.cost(selecting)) > most:
            raise self._admission.beyond_executor(selecting, cost, most)
        return rows

    async def outcomes(
        self, executor: CoreExecutor[Any], context: RequestContext, span: Span
    ) -> tuple[str, list[bytes]] | None:
        """The field of a subscription to outcomes, and its value in each event as JSON, by one statement.

        None if they go the stock way.
        """
        asked = self._selecting(executor)
        ((key, details),) = asked.fields().items()
        conditions = [
            Comparing("cancellation_id", Comparison.EQUALS, span.cancellation_id),
            Comparing("sequence", Comparison.AT_LEAST, span.after + 1),
            Comparing("sequence", Comparison.AT_MOST, span.last),
        ]
        these = Rows(EntryCancelOutcome, conditions, "sequence", range(span.after + 1, span.last + 1))
        written = await self._answers.each(asked, context, these, details)
        return None if written is None else (key, written)

    def _selecting(self, executor: CoreExecutor[Any]) -> Selecting:
        return Selecting(self._schema, executor.fragments, executor.variable_values, executor.operation)

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        if execution_context is not None and _are_variable_errors(errors):
            errors[:] = self._variable_errors(execution_context) or errors
            return
        errors[:] = [argument_error(error) or error for error in errors]
        for error in errors:
            error.message = shortened(error.message, LONGEST_MESSAGE)
            fault = error.original_error
            if isinstance(fault, RequestError) and fault.path:
                error.extensions = {**fault.extensions, "field": field_of(fault.path)}
            if isinstance(fault, RequestError) or (error.extensions or {}).get("code"):
                continue
            if error.path is None and (fault is None or isinstance(fault, GraphQLError)):
                error.extensions = {"code": BAD_USER_INPUT}  # graphql-core refuses before it executes a field
                continue
            logger.error("could not resolve %s", error.path, exc_info=fault or error)
            error.message = "The server failed to resolve this field; the error has been logged."
            error.extensions = {"code": "INTERNAL_SERVER_ERROR"}

    def _variable_errors(self, context: ExecutionContext) -> list[GraphQLError]:
        try:
            operation = self.prepare(context.query or "", context._provided_operation_name)
        except RequestRefused as refused:
            return refused.errors  # validation words some of its errors in the same way
        try:
            return variable_errors(self._schema, operation.document, operation.definition, context.variables or {})
        except RecursionError:
            message = "The values of the variables are nested too deeply."
            return [GraphQLError(message, extensions={"code": BAD_USER_INPUT})]


@dataclass(frozen=True, slots=True)
class _Asked:
    """A query or a mutation, and who asks."""

    operation: Operation
    selecting: Selecting
    context: RequestContext

    @property
    def budget(self) -> Budget:
        return self.context.budget


async def _once(result: ExecutionResult) -> StreamResult:
    yield result


def _are_variable_errors(errors: list[GraphQLError]) -> bool:
    return bool(errors) and errors[0].path is None and errors[0].message.startswith("Variable '$")


SCHEMA = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    execution_context_class=Executor,
    config=StrawberryConfig(scalar_map={DECIMAL.origin: DECIMAL, DATE.origin: DATE, MOMENT.origin: MOMENT}),
)

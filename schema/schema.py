"""The schema, assembled."""

import logging
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLError, OperationType
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.execution import PreExecutionError
from strawberry.types.graphql import OperationType as StrawberryOperationType

from resolvers.errors import RequestError
from schema import enums  # noqa: F401  (makes the vocabularies GraphQL enums, before a type names them)
from schema.input_errors import BAD_USER_INPUT, argument_error, variable_errors
from schema.mutation import Mutation
from schema.preparation import Operation, Preparation, RequestRefused
from schema.query import Query
from schema.scalars import DATE, DECIMAL
from schema.subscription import Subscription
from schema.violations import field_of

SDL_PATH = Path(__file__).parent / "schema.graphql"
"""The committed contract; a test compares it with the code."""

STREAMABLE = frozenset(OperationType)

logger = logging.getLogger(__name__)


class Schema(strawberry.Schema):
    """Refuses invalid requests in the same way on every transport, and logs internal errors only."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._preparation = Preparation(self._schema)

    def prepare(
        self, query: str, operation_name: str | None, allowed: frozenset[OperationType] = STREAMABLE
    ) -> Operation:
        """The operation to execute for a request. Raises RequestRefused if there is none."""
        return self._preparation.prepare(query, operation_name, allowed)

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute a query or a mutation. A subscription is refused, with the transports that can stream it."""
        allowed = set(kwargs.get("allowed_operation_types") or StrawberryOperationType)
        kwargs["allowed_operation_types"] = allowed - {StrawberryOperationType.SUBSCRIPTION}
        return await super().execute(*args, **kwargs)

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

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        if execution_context is not None and _are_variable_errors(errors):
            errors[:] = self._variable_errors(execution_context) or errors
            return
        errors[:] = [argument_error(error) or error for error in errors]
        for error in errors:
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
        operation = self.prepare(context.query or "", context._provided_operation_name)
        try:
            return variable_errors(self._schema, operation.document, operation.definition, context.variables or {})
        except RecursionError:
            message = "The values of the variables are nested too deeply."
            return [GraphQLError(message, extensions={"code": BAD_USER_INPUT})]


def _are_variable_errors(errors: list[GraphQLError]) -> bool:
    return bool(errors) and errors[0].path is None and errors[0].message.startswith("Variable '$")


SCHEMA = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map={DECIMAL.origin: DECIMAL, DATE.origin: DATE}),
)

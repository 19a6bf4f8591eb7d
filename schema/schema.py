"""The schema, assembled."""

import logging
from pathlib import Path
from typing import Any

import strawberry
from graphql import GraphQLError
from strawberry.extensions import MaxAliasesLimiter, MaxTokensLimiter, ParserCache, QueryDepthLimiter, ValidationCache
from strawberry.schema.config import StrawberryConfig
from strawberry.schema.exceptions import InvalidOperationTypeError
from strawberry.types import ExecutionContext, ExecutionResult
from strawberry.types.graphql import OperationType

from resolvers.errors import RequestError
from schema import enums  # noqa: F401  (makes the vocabularies GraphQL enums, before a type names them)
from schema.mutation import Mutation
from schema.query import Query
from schema.scalars import DECIMAL
from schema.subscription import Subscription

SDL_PATH = Path(__file__).parent / "schema.graphql"
"""The contract as it is committed; a test holds it to the code."""

STREAMED = (
    "A subscription is streamed: send it over graphql-transport-ws, or accept text/event-stream or"
    " multipart/mixed;subscriptionSpec=1.0."
)

logger = logging.getLogger(__name__)


class Schema(strawberry.Schema):
    """Tells a caller's errors as they are, and logs the server's own without giving away more than that."""

    async def execute(self, *args: Any, **kwargs: Any) -> ExecutionResult:
        """Execute a query or a mutation. A subscription can only be streamed, and is refused with the ways to do so."""
        allowed = set(kwargs.get("allowed_operation_types") or OperationType)
        kwargs["allowed_operation_types"] = allowed - {OperationType.SUBSCRIPTION}
        try:
            return await super().execute(*args, **kwargs)
        except InvalidOperationTypeError as error:
            if error.operation_type is not OperationType.SUBSCRIPTION:
                raise
            return ExecutionResult(data=None, errors=[GraphQLError(STREAMED, extensions={"code": "BAD_USER_INPUT"})])

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        for error in errors:
            fault = error.original_error
            if fault is None or isinstance(fault, GraphQLError | RequestError):
                continue
            logger.error("could not resolve %s", error.path, exc_info=fault)
            error.message = "The server could not answer this; it has been logged."
            error.extensions = {"code": "INTERNAL_SERVER_ERROR"}


SCHEMA = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    config=StrawberryConfig(scalar_map={DECIMAL.origin: DECIMAL}),
    extensions=[
        lambda: QueryDepthLimiter(max_depth=15),
        lambda: MaxAliasesLimiter(max_alias_count=100),
        lambda: MaxTokensLimiter(max_token_count=5_000),
        lambda: ParserCache(maxsize=500),
        lambda: ValidationCache(maxsize=500),
    ],
)

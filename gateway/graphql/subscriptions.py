"""The results of an operation, one by one. Subscribers who ask for the same share the results of each event."""

import asyncio
from collections.abc import AsyncGenerator, Hashable, Mapping, Sequence
from contextlib import aclosing
from functools import partial
from inspect import isawaitable
from typing import Any

from graphql import (
    DocumentNode,
    Executor,
    FieldNode,
    FragmentDefinitionNode,
    GraphQLError,
    Node,
    OperationType,
    VariableNode,
    Visitor,
    create_source_event_stream,
    execute_subscription_event,
    visit,
)
from graphql import ExecutionResult as CoreResult
from strawberry.types import ExecutionResult
from strawberry.types.execution import PreExecutionError

from gateway.graphql.encoding import encoded
from gateway.graphql.payload import of_field, payload, with_extensions
from gateway.graphql.subscription_limits import TOO_MANY_SUBSCRIPTIONS, SubscriptionLimits, TooManySubscriptions
from runs.shared import Batch, moment
from schema.admission import Admitted, Refused
from schema.executing import EXECUTOR_SECONDS
from schema.info import RequestContext
from schema.preparation import Operation, RequestRefused
from schema.schema import SCHEMA
from storage.deadline import deadline

EVENTS_AT_ONCE = 20
"""Events that are executed together at most, with one look-up for each kind of object; meanwhile nothing else is."""

Payloads = list[bytes]
"""One or more results, in order, each as JSON."""


async def results(
    query: str,
    operation_name: str | None,
    variables: dict[str, Any] | None,
    context: RequestContext,
    limits: SubscriptionLimits,
) -> AsyncGenerator[ExecutionResult | Payloads, None]:
    """The results of the operation: of a subscription as payloads, and how it was refused or failed.

    A query or a mutation has one result.
    """
    try:
        operation = await SCHEMA.prepared(query, operation_name)
    except RequestRefused as refused:
        yield PreExecutionError(data=None, errors=refused.errors)
        return
    executor = None
    if operation.type is OperationType.SUBSCRIPTION and not SCHEMA.limit_errors(operation, variables):
        executor = _executor(operation.document, operation_name, variables, context)
    if executor is None:
        stream = await SCHEMA.stream(query, variables, context, operation_name=operation_name)
        async with aclosing(stream) as others:
            async for other in others:
                assert isinstance(other, ExecutionResult)  # incremental delivery is not enabled
                yield other
        return
    try:
        admitted = SCHEMA.admit(operation, executor, context.budget)
    except Refused as refused:
        yield refused.result
        return
    key = _key(query, operation, operation_name, variables or {}, context)
    try:
        with limits.one_of(context.actor):
            async with aclosing(_events(executor, key, context, admitted)) as events:
                async for event in events:
                    yield event
    except TooManySubscriptions as refused:
        error = GraphQLError(str(refused), extensions={"code": TOO_MANY_SUBSCRIPTIONS})
        yield ExecutionResult(data=None, errors=[error])


async def _events(
    executor: Executor[Any], key: Hashable, context: RequestContext, admitted: Admitted
) -> AsyncGenerator[ExecutionResult | Payloads, None]:
    """The payloads of a subscription's events, and how it failed."""
    told: dict[str, Any] | None = admitted.told
    since = moment()
    try:
        source = create_source_event_stream(executor)
        if isawaitable(source):
            source = await source
        if isinstance(source, CoreResult):
            yield PreExecutionError(data=None, errors=_told(source.errors or []))
            return
        valid = context.gateway.live_callers.while_valid(context.credential, aiter(source))
        async with aclosing(source), aclosing(valid) as batches:  # type: ignore[type-var]
            async for batch in batches:
                # What was executed before this subscription began may be older than what the subscriber knows.
                payloads = await batch.shared.once(key, since, partial(execute_events, executor, batch, admitted.cost))
                if not payloads:
                    return  # the events are being deleted with their run
                yield payloads if told is None else [with_extensions(payloads[0], told), *payloads[1:]]
                told = None  # what one event costs is told once
                # Let others run, also if everything was at hand and the connection takes all of it.
                await asyncio.sleep(0)
    except Exception as error:
        located = error if isinstance(error, GraphQLError) else GraphQLError(str(error), original_error=error)
        yield ExecutionResult(data=None, errors=_told([located]))


async def execute_events(executor: Executor[Any], batch: Batch[Any], cost: int) -> Payloads:
    """The payload for each event of a batch, which costs so much; none if the events are being deleted."""
    answered = None if batch.span is None else await SCHEMA.outcomes(executor, executor.context_value, batch.span)
    if answered is None:
        payloads = [encoded(payload(result)) for result in await _all_executed(executor, await batch.rows(), cost)]
    else:
        payloads = of_field(*answered)
    batch.grown(sum(map(len, payloads)))
    return payloads


async def _all_executed(executor: Executor[Any], events: Sequence[object], cost: int) -> list[ExecutionResult]:
    results, context = [], executor.context_value
    at_once = max(1, min(EVENTS_AT_ONCE, context.budget.limits.executor // cost))
    for start in range(0, len(events), at_once):
        part = events[start : start + at_once]
        with deadline(EXECUTOR_SECONDS):
            async with context.room.taken(cost * len(part)):
                results += await asyncio.gather(*(_executed(executor, event) for event in part))
    return results


async def _executed(executor: Executor[Any], event: object) -> ExecutionResult:
    result = execute_subscription_event(executor.build_per_event_executor(event))
    if isawaitable(result):
        result = await result
    return ExecutionResult(data=result.data, errors=_told(result.errors) if result.errors else None)


def _told(errors: list[GraphQLError]) -> list[GraphQLError]:
    SCHEMA.process_errors(errors)
    return errors


def _executor(
    document: DocumentNode, operation_name: str | None, variables: dict[str, Any] | None, context: RequestContext
) -> Executor[Any] | None:
    """The executor of a subscription, or None if the values of its variables are bad."""
    built = SCHEMA.execution_context_class.build(
        SCHEMA._schema,
        document,
        context_value=context,
        raw_variable_values=variables,
        operation_name=operation_name,
    )
    return None if isinstance(built, list) else built


def _key(
    query: str,
    operation: Operation,
    operation_name: str | None,
    variables: Mapping[str, Any],
    context: RequestContext,
) -> Hashable:
    """What the result of an event depends on, apart from the event: the selection, and the caller.

    The arguments of the subscription itself decide which events there are, so their variables do not matter.
    """
    names = _variables_of_selection(operation)
    values = encoded({name: variables[name] for name in sorted(names & variables.keys())})
    return query, operation_name, values, context.actor, context.name, context.permissions, context.organizations


def _variables_of_selection(operation: Operation) -> set[str]:
    parts: list[Node] = [node for node in operation.document.definitions if isinstance(node, FragmentDefinitionNode)]
    parts += operation.definition.directives or ()
    for selected in operation.definition.selection_set.selections:
        if isinstance(selected, FieldNode):
            parts += selected.directives or ()
            parts += [selected.selection_set] if selected.selection_set else []
        else:
            parts.append(selected)
    found = _Variables()
    for part in parts:
        visit(part, found)
    return found.names


class _Variables(Visitor):
    """Collects the names of variables."""

    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_variable(self, node: VariableNode, *_: object) -> None:
        self.names.add(node.name.value)

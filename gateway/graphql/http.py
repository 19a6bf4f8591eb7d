"""One GraphQL request over HTTP, by the GraphQL over HTTP specification."""

from collections.abc import AsyncGenerator, Mapping, Sequence
from contextlib import aclosing
from http import HTTPStatus
from typing import Any

from anyio import to_thread
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from strawberry.http.streaming import merge_stream_with_heartbeat
from strawberry.types import ExecutionResult

from gateway.graphql.documents import NOT_FOUND, DocumentRefused, Documents, find_document
from gateway.graphql.encoding import encoded
from gateway.graphql.negotiation import Accept, Shape
from gateway.graphql.payload import encoded_payload, is_refusal, is_short, payload
from gateway.graphql.pieces import pieces
from gateway.graphql.requests import BadRequest, GraphQLRequest
from gateway.graphql.streams import STREAMS
from gateway.graphql.subscription_limits import SubscriptionLimits
from gateway.graphql.subscriptions import Payloads, results
from schema.admission import BUDGET_EXCEEDED, RETRY_AFTER
from schema.info import RequestContext
from schema.preparation import METHOD_NOT_ALLOWED, RequestRefused
from schema.schema import SCHEMA, STREAMABLE

_ACCEPTABLE = (
    "application/json, application/graphql-response+json, text/event-stream, multipart/mixed;subscriptionSpec=1.0"
)


async def respond(
    request: Request,
    asked: GraphQLRequest,
    accept: Accept,
    documents: Documents,
    subscriptions: SubscriptionLimits,
    context: RequestContext,
) -> Response:
    """Execute the operation, and respond in the shape that the client prefers.

    Raises BadRequest, with nothing executed, when the client accepts none of the shapes.
    """
    allowed = STREAMABLE if request.method == "POST" else STREAMABLE - {OperationType.MUTATION}
    try:
        query, register = find_document(documents, asked)
        operation = await SCHEMA.prepared(query, asked.operation_name, allowed)
    except DocumentRefused as refused:
        return await _refused(accept, [GraphQLError(str(refused), extensions={"code": refused.code})])
    except RequestRefused as refused:
        return await _refused(accept, refused.errors)
    if register is not None:
        register()
    shape = _acceptable(accept.shape(operation.type))
    if shape.streams and request.method == "HEAD":
        return Response(headers=_stream_headers(shape))  # a subscription would never end
    if shape.streams:
        return _stream(results(query, asked.operation_name, asked.variables, context, subscriptions), shape)
    result = await SCHEMA.execute(
        query,
        asked.variables,
        context,
        operation_name=asked.operation_name,
        operation_extensions=asked.extensions,
    )
    return await _json(result, shape)


def refusal(
    errors: Sequence[Mapping[str, Any]], status: HTTPStatus, headers: Mapping[str, str] | None = None
) -> Response:
    """The response to a malformed request or an unauthenticated caller: JSON, whatever the client prefers."""
    return _response(encoded({"errors": list(errors)}), Shape.JSON, status, headers)


async def _refused(accept: Accept, errors: list[GraphQLError]) -> Response:
    result = ExecutionResult(data=None, errors=errors)
    if any((error.extensions or {}).get("code") == METHOD_NOT_ALLOWED for error in errors):
        return _response(encoded(payload(result)), Shape.JSON, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": "POST"})
    shape = _acceptable(accept.shape(None))
    return _stream(_once(result), shape) if shape.streams else await _json(result, shape)


def _acceptable(shape: Shape | None) -> Shape:
    if shape is None:
        message = f"No media type of the Accept header is available; accept one of: {_ACCEPTABLE}."
        raise BadRequest(message, HTTPStatus.NOT_ACCEPTABLE)
    return shape


async def _json(result: ExecutionResult, shape: Shape) -> Response:
    # application/json keeps 200 for every GraphQL result, as clients older than the specification expect.
    status = HTTPStatus.BAD_REQUEST if shape is Shape.GRAPHQL_JSON and is_refusal(result) else HTTPStatus.OK
    headers = {}
    for error in result.errors or ():
        extensions = error.extensions or {}
        if extensions.get("code") == NOT_FOUND:
            status = HTTPStatus.OK  # Apollo's protocol: the client sends the document next.
        if extensions.get("code") == BUDGET_EXCEEDED:
            headers["Retry-After"] = str(extensions[RETRY_AFTER])
            if shape is Shape.GRAPHQL_JSON:
                status = HTTPStatus.TOO_MANY_REQUESTS
    return _response(await encoded_payload(result), shape, status, headers)


def _stream(found: AsyncGenerator[ExecutionResult | Payloads, None], shape: Shape) -> Response:
    written = STREAMS[shape]

    async def parts() -> AsyncGenerator[bytes, None]:
        async with aclosing(found) as each:
            async for result in each:
                if isinstance(result, ExecutionResult):
                    body = await encoded_payload(result)
                    yield written.part(body) if is_short(result) else await to_thread.run_sync(written.part, body)
                else:
                    for piece in pieces(written.part(one) for one in result):
                        yield b"".join(piece)

    merged = merge_stream_with_heartbeat(
        parts,  # type: ignore[arg-type]  # what it merges may be bytes as well
        lambda: written.heartbeat,  # type: ignore[arg-type, return-value]
        interval=written.heartbeat_seconds,
        send_initial_heartbeat=written.begins_with_heartbeat,
    )

    async def stream() -> AsyncGenerator[str | bytes, None]:
        if written.opening:
            yield written.opening
        async for part in merged():
            yield part
        yield written.complete  # after every heartbeat

    return StreamingResponse(stream(), headers=_stream_headers(shape))


def _stream_headers(shape: Shape) -> Mapping[str, str]:
    return {**STREAMS[shape].headers, "Vary": "Accept"}


def _response(body: bytes, shape: Shape, status: HTTPStatus, headers: Mapping[str, str] | None = None) -> Response:
    always = {"Cache-Control": "no-store", "Vary": "Accept"}
    return Response(body, status, {**always, **(headers or {})}, shape.value)


async def _once(result: ExecutionResult) -> AsyncGenerator[ExecutionResult | Payloads, None]:
    yield result

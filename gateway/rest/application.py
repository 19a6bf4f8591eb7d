"""The REST interface as one ASGI application, for the root of the server."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.authentication import CHALLENGE, Authentication
from gateway.rest import accounting, journal_entries, journal_runs
from gateway.rest.body import read
from gateway.rest.endpoint import Call, Endpoint
from gateway.rest.oauth import TokenEndpoint
from gateway.rest.openapi import description
from gateway.rest.refusals import Category, Refused, because, of_request, of_shape
from gateway.rest.tracing import Tracing
from gateway.rest.wire import Asked
from resolvers.context import Context, Gateway
from resolvers.errors import RequestError, Unauthenticated
from resolvers.loaders import Loaders

ENDPOINTS: Sequence[Endpoint] = [*journal_runs.ENDPOINTS, *journal_entries.ENDPOINTS, *accounting.ENDPOINTS]

SMALLEST_PACKED = 1_000
"""Bytes of an answer from which on it is gzipped, for a client that takes that."""

Answerer = Callable[[Request], Awaitable[Response]]


def rest(gateway: Gateway, authentication: Authentication) -> ASGIApp:
    """The application. Whatever it answers, also to an address that is none, is written as the interface writes it."""
    app = Starlette(
        routes=routes(gateway, authentication),
        exception_handlers={
            Refused: _refused,
            RequestError: _not_answered,
            HTTPException: _nothing_there,
            Exception: _fault,
        },
    )
    app.router.redirect_slashes = False
    return Tracing(GZipMiddleware(app, minimum_size=SMALLEST_PACKED))


def routes(gateway: Gateway, authentication: Authentication) -> list[Route]:
    """Where everything is that the interface answers."""
    return [
        *(
            Route(endpoint.route, _answerer(endpoint, gateway, authentication), methods=[endpoint.method])
            for endpoint in ENDPOINTS
        ),
        Route("/oauth/token", TokenEndpoint(gateway).__call__, methods=["POST"]),
        Route("/openapi.json", _described, methods=["GET"]),
    ]


def _answerer(endpoint: Endpoint, gateway: Gateway, authentication: Authentication) -> Answerer:
    async def answer(request: Request) -> Response:
        caller = await authentication.caller(request.headers.get("authorization"))
        call = Call(
            context=Context(gateway, caller.actor, caller.permissions, caller.key_name),
            loaders=Loaders(gateway),
            parameters={name.replace("_", "-"): value for name, value in request.path_params.items()},
            url=request.url,
            body=None if endpoint.body is None else await _body(request, endpoint.body),
            idempotency_key=request.headers.get("idempotency-key") if endpoint.idempotent_by_key else None,
        )
        answered = await endpoint.handler(call)
        return Response(answered.model_dump_json(by_alias=True), media_type="application/json")

    return answer


async def _body(request: Request, model: type[Asked]) -> Asked:
    try:
        return model.model_validate_json(await read(request))
    except ValidationError as error:
        raise of_shape(error) from error


async def _described(_request: Request) -> Response:
    return JSONResponse(description(ENDPOINTS))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    body = error.told(request.state.request_id)
    return JSONResponse(body.model_dump(by_alias=True), error.status)


async def _not_answered(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    if isinstance(error, Unauthenticated):
        return JSONResponse({"message": str(error)}, HTTPStatus.UNAUTHORIZED, CHALLENGE)
    return await _refused(request, of_request(error))


async def _nothing_there(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    asked = f"{request.method} {request.url.path}"
    category, message = (
        (Category.METHOD, f"{asked} is not possible here.")
        if status is HTTPStatus.METHOD_NOT_ALLOWED
        else (Category.NOT_FOUND, f"There is nothing at {asked}; /openapi.json lists what there is.")
    )
    response = await _refused(request, Refused(because(category, message), status=status))
    response.headers.update(error.headers or {})
    return response


async def _fault(request: Request, _error: Exception) -> Response:
    message = "The gateway has failed; its log says why. Name the request id to whoever runs it."
    refused = Refused(because(Category.FAULT, message), status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return await _refused(request, refused)

"""The REST interface as one ASGI application, mounted at the server's root."""

from collections.abc import Awaitable, Callable, Sequence
from http import HTTPStatus

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.authentication import CHALLENGE, RETRY_LATER, Authentication, address_of
from gateway.compression import compressing
from gateway.rest import accounting, journal_entries, journal_runs
from gateway.rest.body import has_body, read, require_json
from gateway.rest.endpoint import Call, Endpoint
from gateway.rest.oauth import TokenEndpoint
from gateway.rest.openapi import description
from gateway.rest.refusals import Category, Refused, of_request, of_rules, of_shape, reason
from gateway.rest.tracing import Tracing
from gateway.rest.wire import Asked
from resolvers.context import Context, Gateway
from resolvers.errors import RequestError, Unauthenticated, Unavailable
from resolvers.loaders import Loaders
from runs.violations import Invalid
from storage.deadline import REQUEST_SECONDS, deadline

ENDPOINTS: Sequence[Endpoint] = [*journal_runs.ENDPOINTS, *journal_entries.ENDPOINTS, *accounting.ENDPOINTS]

Answerer = Callable[[Request], Awaitable[Response]]


def rest(gateway: Gateway, access: Gateway, authentication: Authentication, max_body_bytes: int) -> ASGIApp:
    """The application. Every response, 404s included, has the interface's format. `access` issues tokens."""
    app = Starlette(
        routes=routes(gateway, access, authentication),
        exception_handlers={
            Refused: _refused,
            Invalid: _on_invalid,
            RequestError: _on_request_error,
            HTTPException: _on_http_exception,
            Exception: _on_fault,
        },
    )
    app.router.redirect_slashes = False
    app.state.max_body_bytes = max_body_bytes
    return Tracing(compressing(app))


def routes(gateway: Gateway, access: Gateway, authentication: Authentication) -> list[Route]:
    """The routes of the interface."""
    return [
        *(
            Route(endpoint.route, _answerer(endpoint, gateway, authentication), methods=[endpoint.method])
            for endpoint in ENDPOINTS
        ),
        Route("/oauth/token", TokenEndpoint(access, authentication.secrets).__call__, methods=["POST"]),
        Route("/openapi.json", _openapi, methods=["GET"]),
    ]


def _answerer(endpoint: Endpoint, gateway: Gateway, authentication: Authentication) -> Answerer:
    async def answer(request: Request) -> Response:
        caller = await authentication.caller(request.headers.get("authorization"), address_of(request))
        limited = gateway.limited_to(caller.organizations)
        call = Call(
            context=Context(limited, caller.actor, caller.permissions, caller.name),
            loaders=Loaders(limited),
            parameters={name.replace("_", "-"): value for name, value in request.path_params.items()},
            url=request.url,
            body=await _body(request, endpoint.body),
            idempotency_key=request.headers.get("idempotency-key") if endpoint.idempotent_by_key else None,
        )
        with deadline(REQUEST_SECONDS):
            answered = await endpoint.handler(call)
        return Response(answered.model_dump_json(by_alias=True), media_type="application/json")

    return answer


async def _body(request: Request, model: type[Asked] | None) -> Asked | None:
    if model is None:
        if has_body(request):
            require_json(request)
        return None
    require_json(request)
    try:
        return model.model_validate_json(await read(request))
    except ValidationError as error:
        raise of_shape(error) from error


async def _openapi(_request: Request) -> Response:
    return JSONResponse(description(ENDPOINTS))


async def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, Refused)
    body = error.body(request.state.request_id)
    return JSONResponse(body.model_dump(by_alias=True), error.status)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, Invalid)
    return await _refused(request, of_rules(error))


async def _on_request_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestError)
    if isinstance(error, Unauthenticated):
        return JSONResponse({"message": str(error)}, HTTPStatus.UNAUTHORIZED, CHALLENGE)
    response = await _refused(request, of_request(error))
    if isinstance(error, Unavailable):
        response.headers.update(RETRY_LATER)
    return response


async def _on_http_exception(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    status = HTTPStatus(error.status_code)
    path = request.url.path
    category, message = (
        (Category.METHOD, f"{request.method} is not allowed for {path}; /openapi.json lists the operations.")
        if status is HTTPStatus.METHOD_NOT_ALLOWED
        else (Category.NOT_FOUND, f"There is no path {path}; /openapi.json lists the operations.")
    )
    response = await _refused(request, Refused(reason(category, message), status=status))
    response.headers.update(error.headers or {})
    return response


async def _on_fault(request: Request, _error: Exception) -> Response:
    message = "Internal error; see the gateway's log. Give the request id to the gateway's administrator."
    refused = Refused(reason(Category.FAULT, message), status=HTTPStatus.INTERNAL_SERVER_ERROR)
    return await _refused(request, refused)

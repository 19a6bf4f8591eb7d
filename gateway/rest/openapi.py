"""The OpenAPI 3.1 description, generated from the endpoints."""

from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

from pydantic.json_schema import JsonSchemaMode, models_json_schema

from gateway.rest.endpoint import Endpoint
from gateway.rest.oauth import GRANT, TokenError, TokenLimit, TokenResponse
from gateway.rest.paging import LAST_PAGE, ROWS_PER_PAGE_MAX
from gateway.rest.refusals import Refusal
from gateway.rest.wire import Wire

References = dict[Any, dict[str, Any]]
"""The reference to each model in the document."""

_PARAMETERS = {
    "jr-number": "Journal run number, such as JR-00000001.",
    "je-number": "Journal entry number, such as JE-00000001.",
    "ap-id": "The id of the accounting period, from the list.",
    "ac-id": "The id of the accounting code, from the list.",
}


class Unauthorized(Wire):
    """Unauthenticated: the token is missing, unknown, expired or revoked."""

    message: str


def description(endpoints: Sequence[Endpoint]) -> dict[str, Any]:
    """The document."""
    answered = {endpoint.answer for endpoint in endpoints} | {
        Refusal,
        Unauthorized,
        TokenResponse,
        TokenError,
        TokenLimit,
    }
    asked = {endpoint.body for endpoint in endpoints if endpoint.body is not None}
    models: list[tuple[Any, JsonSchemaMode]] = [(model, "serialization") for model in answered]
    models += [(model, "validation") for model in asked]
    names, schemas = models_json_schema(
        sorted(models, key=lambda pair: str(pair[0].__name__)),
        ref_template="#/components/schemas/{model}",
    )
    references: References = {model: reference for (model, _), reference in names.items()}
    paths: dict[str, dict[str, Any]] = {}
    for endpoint in endpoints:
        paths.setdefault(endpoint.path, {})[endpoint.method.lower()] = _operation(endpoint, references)
    paths["/oauth/token"] = {"post": _token_operation(references)}
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Journal Gateway",
            "version": version("journal-gateway"),
            "description": "Journal runs over the established REST interface. A refusal has HTTP status 200,"
            " `success` false, and one reason per violation; the last two digits of a reason's code are its category.",
        },
        "paths": paths,
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {"bearerAuth": {"type": "http", "scheme": "bearer"}},
        },
        "security": [{"bearerAuth": []}, {}],
    }


def _operation(endpoint: Endpoint, references: References) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": endpoint.name,
        "summary": endpoint.summary,
        "parameters": _parameters(endpoint),
        "responses": {
            "200": _content(
                "Accepted; or refused, with nothing done.",
                {"oneOf": [references[endpoint.answer], references[Refusal]]},
            ),
            "401": _content("The caller is not authenticated.", references[Unauthorized]),
            "503": _content("The ledger is busy, or the database connection is lost; retry.", references[Refusal]),
        },
    }
    if endpoint.body is not None:
        operation["requestBody"] = {
            "required": True,
            "content": {"application/json": {"schema": references[endpoint.body]}},
        }
        operation["responses"]["413"] = _content("The body is too large.", references[Refusal])
        operation["responses"]["415"] = _content("The body is not sent as JSON in UTF-8.", references[Refusal])
    return operation


def _parameters(endpoint: Endpoint) -> list[dict[str, Any]]:
    parameters = [
        _parameter("path", name, _PARAMETERS[name], {"type": "string", "minLength": 1}) for name in endpoint.parameters
    ]
    if endpoint.page_size is not None:
        number = {"type": "integer", "minimum": 1, "maximum": LAST_PAGE, "default": 1}
        size = {"type": "integer", "minimum": 1, "maximum": ROWS_PER_PAGE_MAX, "default": endpoint.page_size}
        parameters.append(_parameter("query", "page", "The page number.", number))
        parameters.append(_parameter("query", "pageSize", "The number of results per page.", size))
        cursor = "The position where the page starts, taken from `nextPage`."
        parameters.append(_parameter("query", "cursor", cursor, {"type": "string"}))
    if endpoint.idempotent_by_key:
        key = {"type": "string", "minLength": 1, "maxLength": 255}
        text = "A request with the same key and body returns the same run."
        parameters.append(_parameter("header", "Idempotency-Key", text, key))
    track_id = {"type": "string", "maxLength": 64, "pattern": "^[^:;\"']*$"}
    parameters.append(_parameter("header", "Zuora-Track-Id", "Returned in the response, for tracing.", track_id))
    return parameters


def _parameter(place: str, name: str, text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"in": place, "name": name, "description": text, "schema": schema, "required": place == "path"}


def _content(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _token_operation(references: References) -> dict[str, Any]:
    form = {
        "type": "object",
        "required": ["grant_type", "client_id", "client_secret"],
        "properties": {
            "grant_type": {"const": GRANT},
            "client_id": {"type": "string", "minLength": 36, "maxLength": 36},
            "client_secret": {"type": "string", "minLength": 1, "maxLength": 42},
        },
    }
    return {
        "operationId": "createToken",
        "summary": "Exchange an API key's id and secret for a bearer token.",
        "security": [],
        "requestBody": {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": {
            "200": _content("A token.", references[TokenResponse]),
            "400": _content("The form is invalid.", references[TokenError]),
            "401": _content("The id or the secret is invalid.", references[Unauthorized]),
            "429": _content("Too many wrong secrets; Retry-After says how long to wait.", references[TokenLimit]),
            "415": _content("The body is not sent as a form in UTF-8.", references[TokenError]),
            "503": _content("The ledger is busy, or the database connection is lost; retry.", references[Refusal]),
        },
    }

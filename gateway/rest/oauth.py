"""`POST /oauth/token`: exchanges an API key's id and secret for a token."""

from dataclasses import asdict
from http import HTTPStatus
from typing import Literal
from urllib.parse import parse_qs

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.attempts import Secrets, TooManyAttempts
from gateway.authentication import address_of
from gateway.media_types import is_form, shown
from gateway.rest.body import read
from gateway.rest.refusals import Category
from gateway.rest.wire import Wire
from resolvers.access import issue_token
from resolvers.context import Gateway

GRANT = "client_credentials"


class TokenResponse(BaseModel):
    """A token, in OAuth 2's own names."""

    access_token: str
    token_type: str
    expires_in: int
    jti: str
    scope: str


class TokenError(Wire):
    """Why no token was issued."""

    code: int
    message: str


class TokenLimit(BaseModel):
    """Why an attempt was not even made, in OAuth 2's own names."""

    error: Literal["slow_down"]
    error_description: str
    message: str


class TokenEndpoint:
    """Issues tokens. HTTP status 400 means an invalid form, 415 no form, 401 invalid credentials, 429 too many."""

    def __init__(self, gateway: Gateway, secrets: Secrets) -> None:
        self._gateway = gateway
        self._secrets = secrets

    async def __call__(self, request: Request) -> Response:
        """Answer one request. Raises Unauthenticated and Unavailable."""
        content_type = request.headers.get("content-type")
        if not is_form(content_type):
            told = f"Content-Type is {shown(content_type)}; send a form (application/x-www-form-urlencoded), in UTF-8."
            return _wrong(Category.INVALID, told, HTTPStatus.UNSUPPORTED_MEDIA_TYPE)
        form = parse_qs((await read(request)).decode("utf-8", "replace"), keep_blank_values=True)
        given = {name: values[-1] for name, values in form.items()}
        missing = [name for name in ("grant_type", "client_id", "client_secret") if not given.get(name)]
        if missing:
            names = ", ".join(missing)
            return _wrong(Category.MISSING_FIELD, f"Send {names} in a form (application/x-www-form-urlencoded).")
        if given["grant_type"] != GRANT:
            return _wrong(Category.INVALID, f"grant_type: {given['grant_type']!r} is not supported; use {GRANT}.")
        try:
            key = await self._secrets.key(given["client_id"], given["client_secret"], address_of(request))
        except TooManyAttempts as refused:
            return _too_many(refused)
        token = await issue_token(self._gateway, key)
        answer = TokenResponse(token_type="bearer", **asdict(token))  # noqa: S106
        return JSONResponse(answer.model_dump(), headers={"Cache-Control": "no-store"})


def _too_many(refused: TooManyAttempts) -> Response:
    message = str(refused)
    error = TokenLimit(error="slow_down", error_description=message, message=message)
    headers = {"Retry-After": str(refused.wait_seconds), "Cache-Control": "no-store"}
    return JSONResponse(error.model_dump(), HTTPStatus.TOO_MANY_REQUESTS, headers)


def _wrong(category: Category, message: str, status: HTTPStatus = HTTPStatus.BAD_REQUEST) -> Response:
    error = TokenError(code=category.code, message=message)
    return JSONResponse(error.model_dump(), status)

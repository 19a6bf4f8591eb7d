"""Authentication by the Authorization header, for every interface of the gateway."""

import binascii
from base64 import b64decode
from typing import TYPE_CHECKING

from starlette.requests import HTTPConnection

from gateway.attempts import Secrets
from resolvers.access import Caller, holder, identify, is_client_id
from resolvers.context import Gateway
from resolvers.errors import Unauthenticated
from storage.words import Permission

if TYPE_CHECKING:  # it loads cryptography, which only those need who ask for it
    from gateway.openid.tokens import OpenId

ANONYMOUS = Caller("anonymous", frozenset(Permission))
"""A caller without a token, where none is required."""

CHALLENGE = {"WWW-Authenticate": "Bearer"}
"""The headers of a response with HTTP status 401."""

RETRY_LATER = {"Retry-After": "5"}
"""The headers of a response with HTTP status 503: when to try again, in seconds."""

MALFORMED_BASIC = "The Authorization header is malformed; after Basic, send USER:PASSWORD in UTF-8 as base64."

WRONG_BASIC = (
    "The user name and password are wrong; send an API key's client id and secret, or any name with a valid token."
)


class CredentialsMissing(Unauthenticated):
    """The caller sent no Authorization header where one is required."""


def address_of(connection: HTTPConnection) -> str:
    """The address from which the client calls; empty if it is unknown."""
    return connection.client.host if connection.client else ""


class Authentication:
    """Identifies callers, by tokens of API keys and of an identity provider, and by an API key's secret.

    Reporting tools can send no token but as the password of HTTP Basic, and a scheduled refresh outlives every token:
    so Basic takes any user name with a token as the password, and an API key's client id with its secret.
    """

    def __init__(self, gateway: Gateway, required: bool, openid: "OpenId | None" = None) -> None:
        """If `required`, or if there is an identity provider, a caller needs a token."""
        self._gateway = gateway
        self._openid = openid
        self.secrets = Secrets(gateway)
        self.required = required or openid is not None

    async def caller(self, authorization: str | None, address: str) -> Caller:
        """The caller who sends this header from this address.

        Raises Unauthenticated for an invalid header, even where none is required, and for a missing one where it is;
        TooManyAttempts; and Unavailable if the token cannot be checked.
        """
        if authorization is None:
            if self.required:
                issuer = "" if self._openid is None else f" or {self._openid.issuer}"
                raise CredentialsMissing(
                    f"Send the header Authorization: Bearer TOKEN, with a token from POST /oauth/token{issuer}."
                )
            return ANONYMOUS
        scheme, _, credentials = authorization.strip().partition(" ")
        if scheme.lower() == "basic":
            return await self._with_password(*_user_and_password(credentials.strip()), address)
        if scheme.lower() != "bearer" or not credentials.strip():
            raise Unauthenticated("The Authorization header is malformed; use the form Bearer TOKEN.")
        return await self._with_token(credentials.strip())

    async def _with_token(self, token: str) -> Caller:
        if self._openid is not None and self._openid.recognises(token):
            return await self._openid.caller(token)
        return await identify(self._gateway, token)

    async def _with_password(self, user: str, password: str, address: str) -> Caller:
        try:
            return await self._with_token(password)
        except Unauthenticated as refused:
            if self._openid is not None and self._openid.recognises(password):
                raise
            if not is_client_id(user):
                raise Unauthenticated(WRONG_BASIC) from refused
        return holder(await self.secrets.key_of_request(user, password, address))


def _user_and_password(credentials: str) -> tuple[str, str]:
    try:
        text = b64decode(credentials, validate=True).decode()
    except (binascii.Error, ValueError) as error:
        raise Unauthenticated(MALFORMED_BASIC) from error
    user, colon, password = text.partition(":")
    if not colon:
        raise Unauthenticated(MALFORMED_BASIC)
    return user, password

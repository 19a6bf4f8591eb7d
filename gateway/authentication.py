"""Authentication by the Authorization header, for every interface of the gateway."""

from typing import TYPE_CHECKING

from resolvers.access import Caller, identify
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


class Authentication:
    """Identifies callers, by tokens of API keys and of an identity provider."""

    def __init__(self, gateway: Gateway, required: bool, openid: "OpenId | None" = None) -> None:
        """If `required`, or if there is an identity provider, a caller needs a token."""
        self._gateway = gateway
        self._openid = openid
        self.required = required or openid is not None

    async def caller(self, authorization: str | None) -> Caller:
        """The caller who sends this header.

        Raises Unauthenticated for an invalid header, even where none is required, and for a missing one where it is;
        and Unavailable if the token cannot be checked.
        """
        if authorization is None:
            if self.required:
                issuer = "" if self._openid is None else f" or {self._openid.issuer}"
                raise Unauthenticated(
                    f"Send the header Authorization: Bearer TOKEN, with a token from POST /oauth/token{issuer}."
                )
            return ANONYMOUS
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("The Authorization header is malformed; use the form Bearer TOKEN.")
        token = token.strip()
        if self._openid is not None and self._openid.recognises(token):
            return await self._openid.caller(token)
        return await identify(self._gateway, token)

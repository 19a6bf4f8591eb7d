"""Authentication by the Authorization header, for every interface of the gateway."""

from resolvers.access import Caller, identify
from resolvers.context import Gateway
from resolvers.errors import Unauthenticated
from storage.words import Permission

ANONYMOUS = Caller("anonymous", frozenset(Permission))
"""A caller without a token, where none is required."""

CHALLENGE = {"WWW-Authenticate": "Bearer"}
"""The headers of a response with HTTP status 401."""


class Authentication:
    """Identifies callers. If API keys are required, a caller needs a token."""

    def __init__(self, gateway: Gateway, required: bool) -> None:
        self._gateway = gateway
        self._required = required

    async def caller(self, authorization: str | None) -> Caller:
        """The caller who sends this header.

        Raises Unauthenticated for an invalid header, even where none is required, and for a missing one where it is.
        """
        if authorization is None:
            if self._required:
                raise Unauthenticated(
                    "Send the header Authorization: Bearer TOKEN, with a token from POST /oauth/token."
                )
            return ANONYMOUS
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("The Authorization header is malformed; use the form Bearer TOKEN.")
        return await identify(self._gateway, token.strip())

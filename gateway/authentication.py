"""Who is calling, by the Authorization header; the same for every interface of the gateway."""

from resolvers.access import Caller, identify
from resolvers.context import Gateway
from resolvers.errors import Unauthenticated
from storage.words import Permission

ANONYMOUS = Caller("anonymous", frozenset(Permission))
"""Who calls without a token, while nobody has to say who they are."""

CHALLENGE = {"WWW-Authenticate": "Bearer"}
"""The headers that go with HTTP status 401."""


class Authentication:
    """Tells who is calling. Where API keys are required, nobody is let in without a token."""

    def __init__(self, gateway: Gateway, required: bool) -> None:
        self._gateway = gateway
        self._required = required

    async def caller(self, authorization: str | None) -> Caller:
        """Who sends this header.

        Raises Unauthenticated for a header that is wrong, also where none is required, and for none where it is.
        """
        if authorization is None:
            if self._required:
                raise Unauthenticated(
                    "Send the header Authorization: Bearer TOKEN, with a token from POST /oauth/token."
                )
            return ANONYMOUS
        scheme, _, token = authorization.strip().partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Unauthenticated("The Authorization header is not understood; write it as Bearer TOKEN.")
        return await identify(self._gateway, token.strip())

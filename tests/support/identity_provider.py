"""An OpenID Connect identity provider on loopback, with real keys that it rotates."""

import json
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

import jwt
import uvicorn
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from gateway.openid.roles import Role
from gateway.openid.settings import OpenIdSettings
from gateway.server import listen
from storage.words import Permission

AUDIENCE = "journal-gateway"
DISCOVERY = "/.well-known/openid-configuration"
JWKS = "/keys"

ROLES = {
    "clerk": Role(frozenset({Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES})),
    "closer": Role(frozenset({Permission.CREATE_JOURNAL_RUN, Permission.CANCEL_JOURNAL_RUN})),
    "german": Role(frozenset({Permission.VIEW_JOURNAL_RUNS}), frozenset({"Germany", "Austria"})),
}


class IdentityProvider:
    """The provider: its keys, the tokens it signs, and what it answers."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.asked: list[str] = []
        """The paths that were asked for."""
        self.answers: dict[str, tuple[int, bytes]] = {}
        """What is answered instead, by path: the status and the body."""
        self.delay = 0.0
        self.rotate()

    def rotate(self) -> None:
        """Replace all keys."""
        self.rsa = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.ec = ec.generate_private_key(ec.SECP256R1())
        self.key_ids = {"RS256": str(uuid4()), "ES256": str(uuid4())}

    @property
    def keys(self) -> list[dict[str, Any]]:
        """The public keys, as the provider publishes them."""
        return [
            {**json.loads(RSAAlgorithm.to_jwk(self.rsa.public_key())), "kid": self.key_ids["RS256"], "alg": "RS256"},
            {**json.loads(ECAlgorithm.to_jwk(self.ec.public_key())), "kid": self.key_ids["ES256"], "use": "sig"},
        ]

    def token(self, *, algorithm: str = "RS256", header: Mapping[str, Any] | None = None, **claims: Any) -> str:
        """A token for Ada; the claims replace hers, and None removes one."""
        now = int(time.time())
        every = {"iss": self.url, "aud": AUDIENCE, "sub": "ada-1", "name": "Ada Lovelace", "iat": now, "exp": now + 300}
        given = {name: value for name, value in {**every, "roles": ["clerk"], **claims}.items() if value is not None}
        headers = {"kid": self.key_ids[algorithm], **(header or {})}
        key: Any = self.rsa if algorithm == "RS256" else self.ec
        return jwt.encode(given, key, algorithm, {name: value for name, value in headers.items() if value is not None})

    def settings(self, **changes: Any) -> OpenIdSettings:
        """A gateway's settings for this provider."""
        return OpenIdSettings(**{"issuer": self.url, "audience": AUDIENCE, "roles": ROLES, **changes})

    def answer(self, request: Request) -> Response:
        """Answer one request."""
        path = request.url.path
        self.asked.append(path)
        time.sleep(self.delay)
        documents = {DISCOVERY: {"issuer": self.url, "jwks_uri": self.url + JWKS}, JWKS: {"keys": self.keys}}
        status, body = self.answers.get(path, (200, json.dumps(documents[path]).encode()))
        return Response(body, status, media_type="application/json")


@contextmanager
def identity_provider() -> Iterator[IdentityProvider]:
    """Serve a provider on a free port, in a thread."""
    listener = listen("127.0.0.1", 0)
    provider = IdentityProvider(f"http://127.0.0.1:{listener.getsockname()[1]}")
    app = Starlette(routes=[Route(path, provider.answer) for path in (DISCOVERY, JWKS)])
    server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.should_exit = True
        thread.join(30)
        assert not thread.is_alive(), "the provider did not stop"

"""The public keys of an identity provider: found by discovery, cached, and fetched again when it rotates them."""

import asyncio
import logging
import ssl
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from jwt import PyJWK
from jwt.exceptions import PyJWTError

from gateway.openid.settings import is_trustworthy
from resolvers.errors import Unavailable

logger = logging.getLogger(__name__)

FRESH_SECONDS = 600
"""After this time the keys are fetched again, while the old ones are used."""

KEPT_SECONDS = 86_400
"""For this time keys are used although the issuer cannot be reached."""

PAUSE_SECONDS = 10
"""The least time between two attempts to fetch keys, whatever callers send."""

TIMEOUT_SECONDS = 5
"""For one attempt as a whole."""

ANSWER_BYTES_MAX = 262_144
KEYS_MAX = 100

_RSA_BITS_MIN = 2048
_DISCOVERY = "/.well-known/openid-configuration"
_KEY_TYPES = {"RS": "RSA", "PS": "RSA", "ES": "EC", "Ed": "OKP"}
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "identity"}


@dataclass(frozen=True, slots=True)
class IssuerKey:
    """A public key, and which signatures it verifies."""

    key: Any
    type: str
    key_id: str | None
    algorithm: str | None

    def verifies(self, algorithm: str) -> bool:
        """Whether the key verifies signatures by the algorithm."""
        return self.type == _KEY_TYPES[algorithm[:2]] and self.algorithm in (None, algorithm)


class IssuerKeys:
    """The keys of one issuer. The issuer's being down never stops the gateway: callers get Unavailable."""

    def __init__(self, issuer: str, algorithms: Sequence[str]) -> None:
        self._issuer = issuer
        self._algorithms = algorithms
        self._tls = ssl.create_default_context()
        self._keys: Sequence[IssuerKey] = ()
        self._fetched_at = float("-inf")
        self._tried_at = float("-inf")
        self._failed = False
        self._attempt: asyncio.Task[None] | None = None

    def begin_fetching(self) -> None:
        """Fetch the keys in the background, unless this is being done or was tried a moment ago."""
        if self._attempt is None and time.monotonic() - self._tried_at >= PAUSE_SECONDS:
            self._attempt = asyncio.create_task(self._fetch())

    async def key(self, algorithm: str, key_id: str | None) -> IssuerKey | None:
        """The key that verifies such a signature; None if the issuer has none.

        Without `key_id` it is the only one for the algorithm. Raises Unavailable if the keys cannot be fetched.
        """
        age = time.monotonic() - self._fetched_at
        if age > KEPT_SECONDS:
            self._keys = ()
        elif age > FRESH_SECONDS:
            self.begin_fetching()
        found = self._find(algorithm, key_id)
        if found is None:
            self.begin_fetching()
            if self._attempt is not None:
                # A caller who leaves does not stop what others wait for.
                await asyncio.shield(self._attempt)
            found = self._find(algorithm, key_id)
            if found is None and self._failed:
                raise Unavailable("The identity provider cannot be reached to check the access token; try again later.")
        return found

    def _find(self, algorithm: str, key_id: str | None) -> IssuerKey | None:
        fitting = [key for key in self._keys if key.verifies(algorithm) and key_id in (None, key.key_id)]
        return fitting[0] if len(fitting) == 1 or (fitting and key_id is not None) else None

    async def _fetch(self) -> None:
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                self._keys = await self._fetched()
            self._fetched_at = time.monotonic()
            self._failed = False
        except (_Unusable, httpx.HTTPError, httpx.InvalidURL, OSError, ValueError) as error:
            self._failed = True
            what = f"no answer within {TIMEOUT_SECONDS} seconds" if isinstance(error, TimeoutError) else str(error)
            logger.warning("Cannot fetch the keys of %s: %s", self._issuer, what or type(error).__name__)
        finally:
            self._tried_at = time.monotonic()
            self._attempt = None

    async def _fetched(self) -> Sequence[IssuerKey]:
        # A proxy that the environment names is for other machines.
        proxied = self._issuer.startswith("https:")
        async with httpx.AsyncClient(verify=self._tls, timeout=TIMEOUT_SECONDS, trust_env=proxied) as client:
            found = await _get(client, self._issuer.rstrip("/") + _DISCOVERY)
            if found.get("issuer") != self._issuer:
                raise _Unusable(
                    f"it calls itself {str(found.get('issuer'))[:200]!r}; give --oidc-issuer exactly as it does"
                )
            where = found.get("jwks_uri")
            if not isinstance(where, str) or not is_trustworthy(where):
                raise _Unusable(f"its jwks_uri is {str(where)[:200]!r}, which is not an https URL")
            given = (await _get(client, where)).get("keys")
        if not isinstance(given, list) or len(given) > KEYS_MAX:
            raise _Unusable(f"{where} has no list of at most {KEYS_MAX} keys")
        keys = [key for each in given if (key := self._usable(each)) is not None]
        if not keys:
            raise _Unusable(f"{where} has no key for {', '.join(self._algorithms)}")
        return keys

    def _usable(self, given: Any) -> IssuerKey | None:
        """The key, if it verifies signatures that are accepted, and is no secret."""
        if not isinstance(given, dict) or given.get("kty") not in _KEY_TYPES.values() or "d" in given:
            return None
        if given.get("use", "sig") != "sig" or given.get("alg", self._algorithms[0]) not in self._algorithms:
            return None
        if given["kty"] == "OKP" and given.get("crv") not in ("Ed25519", "Ed448"):
            return None
        try:
            key = PyJWK(given).key
        except (PyJWTError, ValueError, TypeError):
            return None
        if isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS_MIN:
            return None
        return IssuerKey(key, given["kty"], given.get("kid"), given.get("alg"))


class _Unusable(Exception):
    """The issuer gives something else than it should."""


async def _get(client: httpx.AsyncClient, url: str) -> Mapping[str, Any]:
    async with client.stream("GET", url, headers=_HEADERS, follow_redirects=False) as response:
        if response.status_code != httpx.codes.OK:
            raise _Unusable(f"{url} answers with HTTP status {response.status_code}")
        body = bytearray()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > ANSWER_BYTES_MAX:
                raise _Unusable(f"{url} answers with more than {ANSWER_BYTES_MAX} bytes")
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise _Unusable(f"{url} does not answer with JSON: {error}") from error
    if not isinstance(found, dict):
        raise _Unusable(f"{url} does not answer with a JSON object")
    return found

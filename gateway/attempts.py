"""A limit on guessing the secrets of API keys."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic

from cachetools import LRUCache

from resolvers.access import key_with_secret
from resolvers.context import Gateway
from resolvers.errors import Unauthenticated
from storage.api_keys import ApiKey

PERIOD_SECONDS = 60

KEY_ATTEMPTS_MAX = 10
"""Failed attempts for one client id from one address, in a period."""

ADDRESS_ATTEMPTS_MAX = 30
"""Failed attempts from one address, in a period. For one client id from everywhere there is no limit: with it, anyone
could lock out its owner."""

REMEMBERED_MAX = 10_000

CHECKED_AT_ONCE = 4
"""Secrets that are compared at a time: no more can be guessed beyond the limit, by many requests at once."""

_CLIENT_ID_LENGTH_MAX = 40
_IPV6_NETWORK = 64  # one customer has as many addresses as there are in it


class TooManyAttempts(Unauthenticated):
    """Too many wrong secrets came from this address."""

    def __init__(self, wait_seconds: int) -> None:
        super().__init__(
            f"Too many attempts with wrong credentials; wait {wait_seconds} seconds,"
            " and check the client id and secret."
        )
        self.wait_seconds = wait_seconds


@dataclass(slots=True)
class _Failures:
    until: float
    count: int = 0


class Attempts:
    """Counts the failed attempts of the last minute, for those who failed last."""

    def __init__(self) -> None:
        self._failures: LRUCache[tuple[str, str], _Failures] = LRUCache(REMEMBERED_MAX)

    def wait_seconds(self, client_id: str, address: str) -> int:
        """How long to wait until the next attempt; 0 if it may be made now."""
        moment = monotonic()
        waits = [
            failures.until - moment
            for key, most in _keys(client_id, address)
            if (failures := self._failures.get(key)) is not None and failures.count >= most
        ]
        return max(0, ceil(max(waits, default=0)))

    def failed(self, client_id: str, address: str) -> None:
        """Count a failed attempt."""
        moment = monotonic()
        for key, _ in _keys(client_id, address):
            failures = self._failures.get(key)
            if failures is None or failures.until <= moment:
                failures = self._failures[key] = _Failures(moment + PERIOD_SECONDS)
            failures.count += 1


class Secrets:
    """Checks the secrets of API keys, within the limit."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._attempts = Attempts()
        self._checks = asyncio.Semaphore(CHECKED_AT_ONCE)
        self._right: LRUCache[bytes, None] = LRUCache(REMEMBERED_MAX)
        """The hashes of credentials that were right."""

    async def key(self, client_id: str, secret: str, address: str) -> ApiKey:
        """The API key with this id and secret. Raises TooManyAttempts, and what `key_with_secret` raises."""
        async with self._checks:
            if (seconds := self._attempts.wait_seconds(client_id, address)) > 0:
                raise TooManyAttempts(seconds)
            try:
                return await key_with_secret(self._gateway, client_id, secret)
            except Unauthenticated:
                self._attempts.failed(client_id, address)
                raise

    async def key_of_request(self, client_id: str, secret: str, address: str) -> ApiKey:
        """As `key`, for a client that sends its secret with each request.

        One that was right before waits for nobody's attempts: many clients may call from one address, of a proxy.
        """
        shown = sha256(f"{client_id.lower()}:{secret}".encode(errors="surrogatepass")).digest()
        if shown not in self._right:
            key = await self.key(client_id, secret, address)
            self._right[shown] = None
            return key
        try:
            return await key_with_secret(self._gateway, client_id, secret)
        except Unauthenticated:
            self._right.pop(shown, None)
            raise


def _keys(client_id: str, address: str) -> Iterator[tuple[tuple[str, str], int]]:
    network = _network(address)
    yield ("", network), ADDRESS_ATTEMPTS_MAX
    yield (client_id[:_CLIENT_ID_LENGTH_MAX].lower(), network), KEY_ATTEMPTS_MAX


def _network(address: str) -> str:
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ip_network((int(parsed), _IPV6_NETWORK), strict=False))
    return address

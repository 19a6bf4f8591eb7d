"""A limit on guessing the secrets of API keys."""

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from math import ceil
from time import monotonic

from cachetools import LRUCache

PERIOD_SECONDS = 60

KEY_ATTEMPTS_MAX = 10
"""Failed attempts for one client id from one address, in a period."""

ADDRESS_ATTEMPTS_MAX = 30
"""Failed attempts from one address, in a period. For one client id from everywhere there is no limit: with it, anyone
could lock out its owner."""

REMEMBERED_MAX = 10_000

_CLIENT_ID_LENGTH_MAX = 40
_IPV6_NETWORK = 64  # one customer has as many addresses as there are in it


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

"""How many connections there may be, and how long their clients may take."""

import sys
from dataclasses import dataclass, field

from storage.errors import OperatorError

if sys.platform != "win32":
    import resource

KEPT_DESCRIPTORS = 200
"""File descriptors that are no connections: those of the database and of the process itself."""

CONNECTIONS_MAX = 10_000
"""Connections where descriptors are no limit."""


class TooManyConnections(OperatorError):
    """There cannot be as many connections as are wanted. The text says why."""


def connections_max() -> int:
    """The connections that the limit of file descriptors (`ulimit -n`) leaves; half of it where it is small."""
    if sys.platform == "win32":
        return CONNECTIONS_MAX
    descriptors, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    if descriptors == resource.RLIM_INFINITY:
        return CONNECTIONS_MAX
    return min(CONNECTIONS_MAX, max(descriptors - KEPT_DESCRIPTORS, descriptors // 2))


def checked_connections(wanted: int | None) -> int:
    """The connections that are wanted, or as many as can be. Raises TooManyConnections if there cannot be so many."""
    most = connections_max()
    if wanted is not None and wanted > most:
        raise TooManyConnections(
            f"there cannot be {wanted:,} connections, as the limit of file descriptors leaves {most:,}; raise it with"
            f" `ulimit -n {wanted + KEPT_DESCRIPTORS}`, or start with --max-connections {most}"
            if most < CONNECTIONS_MAX
            else f"there cannot be {wanted:,} connections; start with --max-connections {most} at most"
        )
    return most if wanted is None else wanted


@dataclass(frozen=True, slots=True)
class ConnectionLimits:
    """The limits of one server."""

    connections: int = field(default_factory=connections_max)
    """Connections at a time, WebSockets included."""

    head_seconds: float = 10.0
    """From the connection to the end of the first request's head, and from the first byte of each later one."""

    body_seconds: float = 20.0
    """For a body, and one second more for each `body_bytes_per_second` of it that have arrived."""

    body_bytes_per_second: int = 10_000

    idle_seconds: float = 5.0
    """Between two requests."""

    unread_seconds: float = 60.0
    """While a client takes nothing of what it is sent."""

    init_seconds: float = 10.0
    """From a WebSocket's handshake to its message connection_init."""


class Unsent:
    """Whether a client takes what it is sent."""

    def __init__(self, now: float) -> None:
        self._since = now
        self._bytes = 0

    def progressed(self, now: float) -> None:
        """The client has taken something."""
        self._since = now

    def seconds(self, unsent: int, now: float) -> float:
        """How long the client has taken nothing of what waits for it, which is so many bytes now."""
        if unsent == 0 or unsent < self._bytes:
            self._since = now
        self._bytes = unsent
        return now - self._since

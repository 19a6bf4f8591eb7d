"""The hosts that requests may name: a page whose own name an attacker points at this machine gets nothing."""

import re
from collections.abc import Iterable

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Receive, Scope, Send
from starlette.websockets import WebSocket

from gateway.terminal import ALLOWED_HOSTS
from storage.errors import OperatorError

OPTION = "--allow-host"

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")

WITHOUT_HOST = ("/healthz", "/readyz")
"""The paths that answer whatever the host: a load balancer's check names an address, and they tell nothing."""

_NAME = r"[a-z0-9_](?:[a-z0-9_.-]*[a-z0-9_])?"
_HOST = re.compile(rf"({_NAME}|\[[0-9a-f:.]+\])(?::\d{{1,5}})?", re.IGNORECASE)

_MISDIRECTED = 421
_SHOWN_MAX = 100


class HostError(OperatorError, ValueError):
    """An invalid host. The text says how to write one."""


class Hosts:
    """The allowed hosts: those of the loopback interface, at any port, and others that are named."""

    def __init__(self, allowed: Iterable[str] = ()) -> None:
        """Accepts names and addresses such as ledger.example.com, or * for all. Raises HostError for an invalid one."""
        wanted = [host for text in allowed for host in text.replace(",", " ").split()]
        self._all = "*" in wanted
        self._allowed = {*LOOPBACK, *(_written(host) for host in wanted if host != "*")}

    def allows(self, host: str) -> bool:
        """Whether requests may name this host, as the Host header has it: with a port or without."""
        if self._all:
            return True
        matched = _HOST.fullmatch(host)
        return matched is not None and matched[1].lower() in self._allowed

    def refusal(self, host: str) -> str:
        """The message for a request that names a host which is not allowed."""
        matched = _HOST.fullmatch(host)
        if matched is None:
            return f"The Host header {host[:_SHOWN_MAX]!a} is not a host; send the name or the address of this server."
        name = matched[1][:_SHOWN_MAX]
        return f"The host {name} is not allowed; to allow it, start with {OPTION} {name}, or set {ALLOWED_HOSTS}."


class HostCheck:
    """Refuses every request that names a host which is not allowed, before anything else is done with it."""

    def __init__(self, app: ASGIApp, hosts: Hosts) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Hand on a request, or refuse it with HTTP status 421."""
        if scope["type"] in ("http", "websocket") and scope["path"] not in WITHOUT_HOST:
            host = Headers(scope=scope).get("host", "")
            if not self._hosts.allows(host):
                response = PlainTextResponse(self._hosts.refusal(host), _MISDIRECTED)
                if scope["type"] == "websocket":
                    await WebSocket(scope, receive, send).send_denial_response(response)
                else:
                    await response(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _written(host: str) -> str:
    """The host as requests write it: lower case, and an IPv6 address in brackets."""
    bracketed = f"[{host}]" if re.fullmatch(r"[0-9a-fA-F:.]*:[0-9a-fA-F:.]*:[0-9a-fA-F:.]*", host) else host
    matched = _HOST.fullmatch(bracketed)
    if matched is None or matched[1] != bracketed:
        raise HostError(
            f"{host!r} is not a host; give a name or an address without scheme and port, such as ledger.example.com,"
            " or * for every host"
        )
    return bracketed.lower()

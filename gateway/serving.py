"""`journal-gateway serve` and `demo`: everything between the command's options and the server."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

from gateway.application import Application, OnStart
from gateway.connection_limits import ConnectionLimits, checked_connections
from gateway.graphiql import HOW_TO_BUILD, is_built
from gateway.graphql.documents import Documents, NoPersistedQueries, PersistedQueries, load_trusted_documents
from gateway.graphql.subscription_limits import SubscriptionLimits
from gateway.hosts import Hosts
from gateway.loading import keep_loaded
from gateway.openid.settings import OpenIdSettings
from gateway.operations import DEMO_CANCEL, DEMO_FOLLOW, DEMO_RUNS, DEMO_TABS
from gateway.origins import Origins
from gateway.server import listen
from gateway.server import serve as serve_application
from gateway.terminal import err, out
from resolvers.budgets import CostLimits
from resolvers.context import Gateway
from storage.database import Database
from storage.errors import OperatorError
from storage.migration import migrate

if TYPE_CHECKING:
    from gateway.openid.tokens import OpenId

HOW_TO_CLOSE = (
    "; serve with --require-api-key (`journal-gateway api-key create NAME` makes a key) or --oidc-issuer URL, or"
    " listen on --host 127.0.0.1; --insecure serves it open to everyone"
)


class Exposed(OperatorError):
    """The gateway would be open to everyone who can reach it. The text says how to close it."""


def serve_ledger(
    url: str,
    host: str,
    port: int,
    settle: Callable[[Database], None],
    *,
    require_api_key: bool,
    openid: OpenIdSettings | None,
    insecure: bool,
    origins: Sequence[str],
    hosts: Sequence[str],
    persisted_queries: bool,
    trusted_documents: Path | None,
    costs: CostLimits,
    max_body_bytes: int,
    max_connections: int | None,
    max_subscriptions: int,
    max_subscriptions_per_caller: int,
) -> None:
    """Serve the ledger at the database URL until SIGTERM or Ctrl-C. `settle` is called before anyone can connect.

    Raises Exposed if anyone could do everything from elsewhere, unless `insecure` says that this is wanted, and
    TooManyConnections.
    """
    configured = partial(
        Application,
        require_api_key=require_api_key,
        openid=None if openid is None else _checked_by(openid),
        origins=Origins(origins),
        hosts=allowed_hosts(host, hosts),
        documents=_documents(persisted_queries, trusted_documents),
        costs=costs,
        max_body_bytes=max_body_bytes,
        limits=ConnectionLimits(connections=checked_connections(max_connections)),
        subscriptions=SubscriptionLimits(max_subscriptions_per_caller, max_subscriptions),
    )
    guarded = require_api_key or openid is not None
    _serve(url, host, port, settle, configured, guarded=guarded, insecure=insecure)


def serve_demo(host: str, port: int, origins: Sequence[str], hosts: Sequence[str], *, insecure: bool) -> None:
    """Serve a temporary ledger with example data until SIGTERM or Ctrl-C. Raises Exposed as `serve_ledger` does."""
    from gateway import demo as demo_ledger

    configured = partial(Application, tabs=DEMO_TABS, origins=Origins(origins), hosts=allowed_hosts(host, hosts))
    with tempfile.TemporaryDirectory(prefix="journal-gateway-") as folder:
        _serve(
            f"sqlite:///{folder}/demo.db",
            host,
            port,
            lambda _: None,
            configured,
            guarded=False,
            insecure=insecure,
            fill=demo_ledger.fill,
            announce=partial(_announce_demo, demo_ledger.TRANSFERRED),
        )


def _serve(
    url: str,
    host: str,
    port: int,
    settle: Callable[[Database], None],
    configured: Callable[..., Application],
    *,
    guarded: bool,
    insecure: bool,
    fill: OnStart | None = None,
    announce: Callable[[str], None] | None = None,
) -> None:
    """Serve the application that `configured` makes. `guarded` says that callers need a token."""
    with listen(host, port) as listener:
        address = f"http://{host}:{listener.getsockname()[1]}"
        if not guarded and not _is_loopback(listener.getsockname()[0]):
            told = f"anyone who can reach {address} has full access"
            if not insecure:
                raise Exposed(told + HOW_TO_CLOSE)
            err.print(f"warning: {told}", soft_wrap=True)
        database = Database(url)
        migrate(database)
        settle(database)

        async def started(gateway: Gateway) -> None:
            if fill is not None:
                await fill(gateway)
            out.print(f"Journal Gateway on {address}/graphql, with the ledger in {database}", soft_wrap=True)
            if not is_built():
                note = f"GraphiQL is not built; the page offers a plain form. To build GraphiQL, {HOW_TO_BUILD}."
                out.print(note, soft_wrap=True, markup=False)
            if announce is not None:
                announce(address)
            keep_loaded()

        serve_application(configured(database, on_start=started), listener)


def _announce_demo(transferred: str, address: str) -> None:
    out.print(
        f"""
Open {address}/graphql in a browser: GraphiQL has these operations in its tabs.

Run JR-00000001 is completed with the ten entries of October 2026. One of them, {transferred}, is
already transferred to accounting. Follow the cancellation, cancel the run in a second window, and
watch nine entries be cancelled and one fail.

{DEMO_RUNS}
{DEMO_FOLLOW}
{DEMO_CANCEL}
The same run over REST: curl -s {address}/v1/journal-runs/JR-00000001

Ctrl-C ends the demo and removes its ledger.""",
        soft_wrap=True,
        markup=False,
    )


def _checked_by(settings: OpenIdSettings) -> "OpenId":
    from gateway.openid.tokens import OpenId

    return OpenId(settings)


def _documents(persisted_queries: bool, manifest: Path | None) -> Documents:
    if manifest is not None:
        return load_trusted_documents(manifest)
    return PersistedQueries() if persisted_queries else NoPersistedQueries()


def allowed_hosts(listening: str, allowed: Sequence[str]) -> Hosts:
    """The allowed hosts: those that are named, and the one that the gateway listens on, unless it is every address."""
    own = listening.partition("%")[0]
    return Hosts(allowed if _is_every_address(own) else [*allowed, own])


def _is_every_address(host: str) -> bool:
    try:
        return not host or ip_address(host).is_unspecified
    except ValueError:
        return False


def _is_loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback

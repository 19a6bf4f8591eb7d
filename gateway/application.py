"""The ASGI application, assembled."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING

from anyio import to_thread
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import RedirectResponse
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp

from gateway import graphiql
from gateway.authentication import Authentication
from gateway.bi import routes as bi
from gateway.browser_policy import BrowserPolicy
from gateway.connection_limits import ConnectionLimits
from gateway.exports.endpoint import Exports
from gateway.graphiql import Tab
from gateway.graphql import GraphQLEndpoint
from gateway.graphql.documents import Documents, PersistedQueries
from gateway.graphql.subscription_limits import SubscriptionLimits
from gateway.health import Health
from gateway.hosts import HostCheck, Hosts
from gateway.limits import MAX_BODY_BYTES
from gateway.metrics import Metrics
from gateway.odata import application as odata
from gateway.operations import TABS
from gateway.origins import CrossOrigin, Origins
from gateway.rest.application import rest
from resolvers.budgets import CostLimits
from resolvers.context import Gateway
from resolvers.live_callers import LiveCallers
from runs.feed import Feed
from runs.shared import settled
from runs.statements import Statements, statements_for_access
from runs.workflows import Workflows
from storage.database import Database

if TYPE_CHECKING:  # it loads cryptography, which only those need who ask for it
    from gateway.openid.tokens import OpenId

OnStart = Callable[[Gateway], Awaitable[None]]


class Application:
    """One running gateway: the web application, and how to stop it."""

    def __init__(
        self,
        database: Database,
        *,
        tabs: Sequence[Tab] = TABS,
        on_start: OnStart | None = None,
        require_api_key: bool = False,
        openid: "OpenId | None" = None,
        origins: Origins | None = None,
        hosts: Hosts | None = None,
        limits: ConnectionLimits | None = None,
        subscriptions: SubscriptionLimits | None = None,
        documents: Documents | None = None,
        costs: CostLimits | None = None,
        max_body_bytes: int = MAX_BODY_BYTES,
    ) -> None:
        """`on_start` is awaited once the workflows run, before the first request is accepted.

        With `require_api_key`, every request needs an API key's token; with `openid`, such a token or one of the
        identity provider. Pages of other origins may call only if `origins` allows it, and requests may name only
        `hosts`: by default those of the loopback interface. `limits` are those of connections. `documents` decides
        which GraphQL documents run: by default all, also persisted ones. `costs` says what they may cost.
        `max_body_bytes` bounds the body of a request, decompressed, and a WebSocket message.
        """
        origins = origins or Origins()
        self.limits = limits or ConnectionLimits()
        self.max_body_bytes = max_body_bytes
        statements = Statements(database)
        self.feed = Feed(database, statements)
        self._on_start = on_start
        self._database = database
        self._workflows = Workflows(database, self.feed.changed)
        access_statements = statements_for_access(database)
        live = LiveCallers(access_statements)
        self.gateway = Gateway(database, statements, self._workflows, self.feed, live)
        # Callers are identified, and get tokens, whatever others read and change at the time.
        access = Gateway(database, access_statements, self._workflows, self.feed, live)
        authentication = Authentication(access, require_api_key, openid)
        self._openid = openid
        endpoint = GraphQLEndpoint(
            self.gateway,
            authentication,
            tabs,
            documents or PersistedQueries(),
            origins,
            subscriptions or SubscriptionLimits(),
            costs or CostLimits(),
            max_body_bytes=max_body_bytes,
            init_seconds=self.limits.init_seconds,
        )
        self._exports = Exports(self.gateway, authentication)
        health = Health(self.gateway)
        app = Starlette(
            lifespan=self._lifespan,
            middleware=[Middleware(CrossOrigin, origins=origins)],
            routes=[
                Route("/graphql", endpoint),
                WebSocketRoute("/graphql", endpoint),
                Route("/", RedirectResponse("/graphql")),
                Mount("/graphiql", routes=graphiql.routes(), middleware=[Middleware(BrowserPolicy, graphiql.POLICY)]),
                Route("/exports/{file:path}", self._exports),
                Route("/healthz", health.alive),
                Route("/readyz", health.ready),
                Route("/metrics", Metrics(authentication).answer),
                *bi.routes(self.gateway, authentication),
                *odata.routes(self.gateway, authentication),
            ],
        )
        # Every other path goes to the REST interface, including unknown ones.
        app.router.default = rest(self.gateway, access, authentication, max_body_bytes)
        self.asgi: ASGIApp = BrowserPolicy(HostCheck(app, hosts or Hosts()))

    def stop_following(self) -> None:
        """End every subscription and export: otherwise a server that waits for its connections would never stop."""
        self.feed.close()
        self._exports.stop()

    @asynccontextmanager
    async def _lifespan(self, _app: Starlette) -> AsyncIterator[None]:
        await to_thread.run_sync(self._workflows.start)
        tasks = [asyncio.create_task(self.feed.listen()), asyncio.create_task(self.gateway.live_callers.watch())]
        if self._openid is not None:
            self._openid.start()
        try:
            if self._on_start is not None:
                await self._on_start(self.gateway)
            yield
        finally:
            for task in tasks:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            await settled()
            await self._exports.close()
            await to_thread.run_sync(self._workflows.stop)
            self._database.close()

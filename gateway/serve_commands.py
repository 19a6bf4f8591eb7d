"""`journal-gateway serve` and `demo`: their options."""

from pathlib import Path
from typing import Annotated

import typer

from gateway.limits import MAX_BODY_BYTES, MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS_PER_CALLER
from gateway.loading import loading
from gateway.openid import options as openid_options
from gateway.openid.settings import DEFAULT_ALGORITHMS, DEFAULT_ROLES_CLAIM, openid_settings
from gateway.settings_command import AggregateCurrency, HomeCurrency, settle_ledger
from gateway.terminal import ALLOWED_HOSTS, ALLOWED_ORIGINS, DEFAULT_DATABASE, DatabaseUrl
from resolvers.budgets import CALLER_COST_PER_MINUTE, OPERATION_COST_MAX, CostLimits

Host = Annotated[str, typer.Option(envvar="JOURNAL_GATEWAY_HOST", help="The address to listen on.")]
Port = Annotated[int, typer.Option(envvar="JOURNAL_GATEWAY_PORT", min=0, max=65535, help="The port to listen on.")]
RequireApiKey = Annotated[
    bool,
    typer.Option(
        "--require-api-key/--no-require-api-key",
        envvar="JOURNAL_GATEWAY_REQUIRE_API_KEY",
        help="Require an API-key token on every request; create keys with `journal-gateway api-key create`.",
    ),
]
Insecure = Annotated[
    bool,
    typer.Option(
        "--insecure",
        envvar="JOURNAL_GATEWAY_INSECURE",
        help="Let anyone who can reach the gateway do everything, also on an address that others can reach.",
    ),
]
AllowOrigin = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-origin",
        envvar=ALLOWED_ORIGINS,
        metavar="ORIGIN",
        help="Allow web pages of this origin, such as http://localhost:5173, to call the gateway; * allows every"
        " origin. Can be repeated; in the variable, separate origins by spaces.",
    ),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        "--allow-host",
        envvar=ALLOWED_HOSTS,
        metavar="HOST",
        help="Answer requests that name this host, such as ledger.example.com, beside localhost and the address of"
        " --host; * allows every host. Can be repeated; in the variable, separate hosts by spaces.",
    ),
]
PersistedQueriesOption = Annotated[
    bool,
    typer.Option(
        "--persisted-queries/--no-persisted-queries",
        envvar="JOURNAL_GATEWAY_PERSISTED_QUERIES",
        help="Let clients register GraphQL documents and send only their hash afterwards (Apollo's protocol).",
    ),
]
TrustedDocumentsFile = Annotated[
    Path | None,
    typer.Option(
        "--trusted-documents",
        envvar="JOURNAL_GATEWAY_TRUSTED_DOCUMENTS",
        metavar="FILE",
        help="Run only the GraphQL documents of this manifest, written by Apollo's generate-persisted-query-manifest"
        " or by relay-compiler.",
    ),
]
MaxCost = Annotated[
    int,
    typer.Option(
        envvar="JOURNAL_GATEWAY_MAX_COST",
        min=1,
        help="What a GraphQL operation may cost: about one for each object that its answer can have.",
    ),
]
CostPerMinute = Annotated[
    int,
    typer.Option(
        envvar="JOURNAL_GATEWAY_COST_PER_MINUTE",
        min=1,
        help="What the GraphQL operations of one caller may cost in a minute.",
    ),
]
MaxBodyBytes = Annotated[
    int,
    typer.Option(
        "--max-body-bytes",
        envvar="JOURNAL_GATEWAY_MAX_BODY_BYTES",
        min=10_000,
        max=100_000_000,
        help="The maximum bytes of a request's body, decompressed, and of a WebSocket message. While a larger one is"
        " read, other requests wait longer.",
    ),
]
MaxConnections = Annotated[
    int | None,
    typer.Option(
        "--max-connections",
        envvar="JOURNAL_GATEWAY_MAX_CONNECTIONS",
        min=1,
        help="The maximum of connections at a time; by default what the limit of file descriptors leaves.",
    ),
]
MaxSubscriptions = Annotated[
    int,
    typer.Option(
        "--max-subscriptions",
        envvar="JOURNAL_GATEWAY_MAX_SUBSCRIPTIONS",
        min=0,
        help="The maximum of GraphQL subscriptions at a time, of all callers together.",
    ),
]
MaxSubscriptionsPerCaller = Annotated[
    int,
    typer.Option(
        "--max-subscriptions-per-caller",
        envvar="JOURNAL_GATEWAY_MAX_SUBSCRIPTIONS_PER_CALLER",
        min=0,
        help="The maximum of GraphQL subscriptions of one API key or user, or of all callers without one.",
    ),
]


def serve(
    database: DatabaseUrl = DEFAULT_DATABASE,
    host: Host = "127.0.0.1",
    port: Port = 8000,
    home_currency: HomeCurrency = None,
    aggregate_currency: AggregateCurrency = None,
    require_api_key: RequireApiKey = False,
    allow_origin: AllowOrigin = None,
    allow_host: AllowHost = None,
    persisted_queries: PersistedQueriesOption = True,
    trusted_documents: TrustedDocumentsFile = None,
    max_cost: MaxCost = OPERATION_COST_MAX,
    cost_per_minute: CostPerMinute = CALLER_COST_PER_MINUTE,
    max_body_bytes: MaxBodyBytes = MAX_BODY_BYTES,
    max_connections: MaxConnections = None,
    max_subscriptions: MaxSubscriptions = MAX_SUBSCRIPTIONS,
    max_subscriptions_per_caller: MaxSubscriptionsPerCaller = MAX_SUBSCRIPTIONS_PER_CALLER,
    oidc_issuer: openid_options.Issuer = None,
    oidc_audience: openid_options.Audience = None,
    oidc_roles: openid_options.Roles = None,
    oidc_algorithms: openid_options.Algorithms = DEFAULT_ALGORITHMS,
    oidc_roles_claim: openid_options.RolesClaim = DEFAULT_ROLES_CLAIM,
    oidc_organizations_claim: openid_options.OrganizationsClaim = None,
    insecure: Insecure = False,
) -> None:
    """Serve GraphQL, REST, GraphiQL and health checks until SIGTERM or Ctrl-C."""
    # Loaded only now: it takes longer than to show the help.
    with loading():
        from gateway.serving import serve_ledger

    serve_ledger(
        database,
        host,
        port,
        lambda opened: settle_ledger(opened, home_currency, aggregate_currency, serving=True),
        require_api_key=require_api_key,
        openid=openid_settings(
            oidc_issuer, oidc_audience, oidc_roles, oidc_algorithms, oidc_roles_claim, oidc_organizations_claim
        ),
        insecure=insecure,
        origins=allow_origin or (),
        hosts=allow_host or (),
        persisted_queries=persisted_queries,
        trusted_documents=trusted_documents,
        costs=CostLimits(max_cost, cost_per_minute),
        max_body_bytes=max_body_bytes,
        max_connections=max_connections,
        max_subscriptions=max_subscriptions,
        max_subscriptions_per_caller=max_subscriptions_per_caller,
    )


def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    allow_origin: AllowOrigin = None,
    allow_host: AllowHost = None,
    insecure: Insecure = False,
) -> None:
    """Serve a temporary demo ledger."""
    with loading():
        from gateway.serving import serve_demo

    serve_demo(host, port, allow_origin or (), allow_host or (), insecure=insecure)

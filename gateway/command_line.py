"""The command line: serve, demo, import, export, migrate, schema, settings and api-key."""

import gc
import re
import sys
from contextlib import closing
from importlib import metadata
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from gateway import api_key_commands, bi_role_command, export_command, settings_command
from gateway.feed import Format
from gateway.import_files import import_file
from gateway.importing import FILES, Kind, importer
from gateway.limits import MAX_BODY_BYTES, MAX_SUBSCRIPTIONS, MAX_SUBSCRIPTIONS_PER_CALLER
from gateway.openid import options as openid_options
from gateway.openid.settings import DEFAULT_ALGORITHMS, DEFAULT_ROLES_CLAIM, openid_settings
from gateway.printable import printable
from gateway.rejects_path import rejects_paths
from gateway.terminal import ALLOWED_HOSTS, ALLOWED_ORIGINS, DEFAULT_DATABASE, DatabaseUrl, actor, err, out
from resolvers.budgets import CALLER_COST_PER_MINUTE, OPERATION_COST_MAX, CostLimits
from resolvers.import_lines import ImportRefused
from resolvers.settings import Wanted, check_agreement, settle
from storage.database import Database, DatabaseError, database_file
from storage.errors import OperatorError
from storage.migration import check_version
from storage.migration import migrate as migrate_database

# What serves is imported by the commands that serve: it takes longer to load than most other commands take to run.

app = typer.Typer(
    help="A self-hosted GraphQL gateway over journal runs.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
app.add_typer(api_key_commands.app, name="api-key")
app.command(name="settings")(settings_command.settings)
app.command(name="bi-role")(bi_role_command.bi_role)

Host = Annotated[str, typer.Option(envvar="JOURNAL_GATEWAY_HOST", help="The address to listen on.")]
Port = Annotated[int, typer.Option(envvar="JOURNAL_GATEWAY_PORT", min=0, max=65535, help="The port to listen on.")]
HomeCurrency = Annotated[
    str | None,
    typer.Option(
        envvar="JOURNAL_GATEWAY_HOME_CURRENCY",
        help="The ledger's home currency, such as GBP; transactions then carry exchange rates. Stored in the ledger"
        " at first use.",
    ),
]
AggregateCurrency = Annotated[
    bool | None,
    typer.Option(
        "--aggregate-currency/--no-aggregate-currency",
        envvar="JOURNAL_GATEWAY_AGGREGATE_CURRENCY",
        help="Keep entries in the home currency, over all currencies. Stored in the ledger at first use.",
    ),
]
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
CurrencyDigits = Annotated[
    list[str] | None,
    typer.Option(
        metavar="CODE=DIGITS",
        help="The number of decimals of a currency that is in the ledger but in no list of currencies, such as XYZ=2.",
    ),
]
Files = Annotated[
    list[str], typer.Argument(metavar="FILE...", help="CSV, TSV, NDJSON or Parquet; - for standard input.")
]
RejectsFile = Annotated[
    Path | None,
    typer.Option(
        "--rejects", help="Write the rejected lines to this file; by default FILE.rejects.csv in the current folder."
    ),
]
FormatOption = Annotated[
    Format | None,
    typer.Option(
        "--format", help="The format of the files; by default it follows their names, and standard input is CSV."
    ),
]
Check = Annotated[
    bool, typer.Option("--check", help="Read and check everything and write the rejected lines, but record nothing.")
]


WRONG_CALL = 64
"""The exit code for invalid options and arguments: EX_USAGE of BSD's sysexits."""


class LinesRejected(Exception):
    """Files were imported, but some of their lines were rejected, which has been reported already."""


def main() -> None:
    """Run the command line. An error that a user can fix is one line, with exit code 1."""
    try:
        app()
    except OperatorError as error:
        err.print(Text.assemble(("error:", "red"), f" {printable(str(error))}"), soft_wrap=True)
        sys.exit(1)
    except LinesRejected:
        sys.exit(2)
    except SystemExit as ended:
        # The library exits with 2 on a usage error, but here 2 means that lines were rejected.
        sys.exit(WRONG_CALL if ended.code == 2 else ended.code)


def _show_version(asked: bool) -> None:
    if asked:
        out.print(f"journal-gateway {metadata.version('journal-gateway')}")
        raise typer.Exit


@app.callback()
def about(
    version: Annotated[
        bool, typer.Option("--version", is_eager=True, callback=_show_version, help="Show the version and exit.")
    ] = False,
) -> None:
    """A self-hosted GraphQL gateway over journal runs."""


@app.command()
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
    from gateway.serving import serve_ledger

    serve_ledger(
        database,
        host,
        port,
        lambda opened: _settle(opened, home_currency, aggregate_currency, serving=True),
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


@app.command()
def demo(
    host: Host = "127.0.0.1",
    port: Port = 8000,
    allow_origin: AllowOrigin = None,
    allow_host: AllowHost = None,
    insecure: Insecure = False,
) -> None:
    """Serve a temporary demo ledger."""
    from gateway.serving import serve_demo

    serve_demo(host, port, allow_origin or (), allow_host or (), insecure=insecure)


@app.command(name="import")
def import_(
    kind: Annotated[Kind, typer.Argument(help="What the files contain.")],
    files: Files,
    database: DatabaseUrl = DEFAULT_DATABASE,
    home_currency: HomeCurrency = None,
    aggregate_currency: AggregateCurrency = None,
    rejects: RejectsFile = None,
    format: FormatOption = None,
    check: Check = False,
) -> None:
    """Import files, each whole or not at all; its invalid lines are listed. Importing a file again is safe.

    Exit code 0: every line was accepted; 1: a file was refused; 2: lines were rejected; 64: usage error.
    """
    file_kind = FILES[kind]
    # Before anything is opened: a list of rejects must not overwrite a file that is about to be read.
    embedded = database_file(database)
    paths = rejects_paths(files, rejects, embedded, [each.columns.required for each in FILES.values()])
    if check and embedded is not None and not embedded.exists():
        raise DatabaseError(
            f"there is no database file {embedded} to check against; create it: journal-gateway migrate"
        )
    rejected = 0
    with closing(Database(database)) as opened:
        if check:
            check_version(opened)
            check_agreement(opened, Wanted(home_currency, aggregate_currency))
        else:
            migrate_database(opened)
            _settle(opened, home_currency, aggregate_currency)
        import_lines = importer(kind, opened)
        # What is loaded by now stays: not to look through it again at each collection saves a quarter of the time.
        gc.freeze()
        for source, path in zip(files, paths, strict=True):
            imported = import_file(source, file_kind, import_lines, out, path, format=format, check=check)
            if imported.rejected and kind is not Kind.TRANSACTIONS:
                raise ImportRefused(f"{source}: one invalid line refuses the whole file; nothing was recorded")
            rejected += imported.rejected
    if rejected:
        raise LinesRejected


app.command()(export_command.export)


@app.command()
def migrate(database: DatabaseUrl = DEFAULT_DATABASE, currency_digits: CurrencyDigits = None) -> None:
    """Migrate the database to this release, and add the currencies that ISO 4217 has listed since."""
    with closing(Database(database)) as opened:
        before, after = migrate_database(opened, dict(map(_stated_digits, currency_digits or [])))
    out.print(
        f"{opened}: version {before or 'none'} -> {after}" if before != after else f"{opened}: version {after}",
        soft_wrap=True,
    )


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from schema.schema import SCHEMA

    sys.stdout.write(SCHEMA.as_str() + "\n")


def _settle(
    database: Database, home_currency: str | None, aggregate_currency: bool | None, *, serving: bool = False
) -> None:
    """Reconcile the ledger's settings with the command's options; print what was set."""
    wanted = Wanted(home_currency, aggregate_currency)
    for sentence in settle(database, wanted, actor=actor(), serving=serving):
        err.print(sentence, soft_wrap=True)


def _stated_digits(text: str) -> tuple[str, int]:
    stated = re.fullmatch(r"([A-Z]{3})=([0-4])", text)
    if stated is None:
        raise typer.BadParameter(f"{text!r} is not a currency with its number of decimals; use the form XYZ=2")
    return stated[1], int(stated[2])

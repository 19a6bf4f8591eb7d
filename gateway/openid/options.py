"""The command line's options of OpenID Connect."""

from pathlib import Path
from typing import Annotated

import typer

Issuer = Annotated[
    str | None,
    typer.Option(
        "--oidc-issuer",
        envvar="JOURNAL_GATEWAY_OIDC_ISSUER",
        metavar="URL",
        help="Accept access tokens of this OpenID Connect identity provider, and require a token on every request.",
    ),
]
Audience = Annotated[
    str | None,
    typer.Option(
        "--oidc-audience",
        envvar="JOURNAL_GATEWAY_OIDC_AUDIENCE",
        metavar="NAME",
        help="The name of this gateway at the identity provider; tokens for others are refused.",
    ),
]
Roles = Annotated[
    Path | None,
    typer.Option(
        "--oidc-roles",
        envvar="JOURNAL_GATEWAY_OIDC_ROLES",
        metavar="FILE",
        help="A TOML file that says what each role of the identity provider may do.",
    ),
]
Algorithms = Annotated[
    str,
    typer.Option(
        "--oidc-algorithms",
        envvar="JOURNAL_GATEWAY_OIDC_ALGORITHMS",
        metavar="NAMES",
        help="The signatures that are accepted, separated by commas.",
    ),
]
RolesClaim = Annotated[
    str,
    typer.Option(
        "--oidc-roles-claim",
        envvar="JOURNAL_GATEWAY_OIDC_ROLES_CLAIM",
        metavar="CLAIM",
        help="The claim that lists the caller's roles, such as realm_access.roles.",
    ),
]
OrganizationsClaim = Annotated[
    str | None,
    typer.Option(
        "--oidc-organizations-claim",
        envvar="JOURNAL_GATEWAY_OIDC_ORGANIZATIONS_CLAIM",
        metavar="CLAIM",
        help="The claim that lists the organisations whose transactions the caller may see; * in it means all.",
    ),
]

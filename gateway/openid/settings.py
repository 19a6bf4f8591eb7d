"""The settings of OpenID Connect, and the checks of what an operator gives."""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

from gateway.openid.roles import Role, load_roles
from storage.errors import OperatorError

DEFAULT_ALGORITHMS = "RS256,ES256"
DEFAULT_ROLES_CLAIM = "roles"

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")
"""Signatures with a private key. Those with a shared secret are not among them: whoever has the public key has it."""

_ISSUER_LENGTH_MAX = 120  # in the audit trail beside the subject


class OpenIdRefused(OperatorError):
    """The settings of OpenID Connect are invalid. The text says what would be right."""


@dataclass(frozen=True, slots=True)
class OpenIdSettings:
    """Whose tokens are accepted, and what their callers may do."""

    issuer: str
    """The URL of the identity provider, exactly as its tokens have it."""
    audience: str
    """The name of this gateway at the identity provider, which its tokens must have."""
    roles: Mapping[str, Role]
    """Each role by its name in tokens."""
    algorithms: tuple[str, ...] = tuple(DEFAULT_ALGORITHMS.split(","))
    """The signatures that are accepted."""
    roles_claim: str = DEFAULT_ROLES_CLAIM
    """The claim that lists the caller's roles; dots lead into objects."""
    organizations_claim: str | None = None
    """The claim that lists the organisations that a caller may see, if a token limits them."""


def openid_settings(
    issuer: str | None,
    audience: str | None,
    roles: Path | None,
    algorithms: str,
    roles_claim: str,
    organizations_claim: str | None,
) -> OpenIdSettings | None:
    """The settings that an operator's options mean; None if there is no issuer. Raises OpenIdRefused."""
    if not issuer:
        for option, given in [
            ("--oidc-audience", audience),
            ("--oidc-roles", roles),
            ("--oidc-organizations-claim", organizations_claim),
        ]:
            if given:
                raise OpenIdRefused(f"{option} needs --oidc-issuer URL, the URL of the identity provider")
        return None
    if not audience:
        raise OpenIdRefused(
            "--oidc-issuer needs --oidc-audience NAME, the name of this gateway at the identity provider: tokens that"
            " it issues for other programs are refused"
        )
    if roles is None:
        raise OpenIdRefused(
            "--oidc-issuer needs --oidc-roles FILE, a TOML file that says what each role may do, such as\n"
            '[closer]\npermissions = ["View journal runs", "Create Journal Run"]'
        )
    if not roles_claim.strip():
        raise OpenIdRefused("--oidc-roles-claim is empty; give the claim that lists the roles, such as roles")
    return OpenIdSettings(
        issuer=_checked_issuer(issuer),
        audience=audience,
        roles=load_roles(roles),
        algorithms=_checked_algorithms(algorithms),
        roles_claim=roles_claim.strip(),
        organizations_claim=organizations_claim or None,
    )


def is_trustworthy(url: str) -> bool:
    """Whether nobody between the gateway and the URL can change what it answers: https, or http on loopback."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return False
    return bool(host) and (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host)))


def _checked_issuer(issuer: str) -> str:
    if not is_trustworthy(issuer):
        raise OpenIdRefused(
            f"--oidc-issuer {issuer!r} is not the URL of an identity provider; give one that begins with https://"
            " (http:// is for 127.0.0.1, [::1] and localhost)"
        )
    parts = urlsplit(issuer)
    if parts.query or parts.fragment or parts.username is not None or not issuer.isascii():
        raise OpenIdRefused(f"--oidc-issuer {issuer!r}: the URL of an issuer has neither a user nor a ? nor a #")
    if len(issuer) > _ISSUER_LENGTH_MAX:
        raise OpenIdRefused(f"--oidc-issuer has {len(issuer)} characters; the maximum is {_ISSUER_LENGTH_MAX}")
    return issuer


def _checked_algorithms(text: str) -> tuple[str, ...]:
    names = tuple(text.replace(",", " ").split())
    wrong = [name for name in names if name not in ALGORITHMS]
    if wrong or not names:
        raise OpenIdRefused(
            f"--oidc-algorithms {' '.join(wrong) or text!r} is not accepted; give some of {', '.join(ALGORITHMS)}"
        )
    return names


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"

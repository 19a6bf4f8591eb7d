"""Access control: API keys, the access tokens issued for them, and the callers they identify."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID, uuid4

from sqlmodel import Session

from resolvers.errors import Unauthenticated
from storage import audit
from storage.api_keys import (
    AccessToken,
    ApiKey,
    NameTaken,
    all_keys,
    api_key,
    insert_key,
    insert_token,
    key_of_token,
    lock_key,
    remove_expired_tokens,
    revoke_key,
)
from storage.columns import now
from storage.database import Database
from storage.errors import OperatorError
from storage.texts import TextRefused, normalised
from storage.words import Permission

if TYPE_CHECKING:
    from resolvers.context import Gateway

STANDARD = frozenset(Permission) - {
    Permission.DELETE_CANCELLED_JOURNAL_RUN,
    Permission.DELETE_JOURNAL_ENTRIES,
    Permission.OVERRIDE_TRANSFERRED_TO_ACCOUNTING,
    Permission.MANAGE_ACCOUNTING_PERIODS,
}
"""The permissions of a standard user."""

TOKEN_SECONDS = 3600
"""Lifetime of a token."""

NEVER = datetime.max.replace(tzinfo=UTC)
"""When a key without an expiry expires."""

NAME_LENGTH_MAX = 100

ORGANIZATION_LENGTH_MAX = 255

INVALID_TOKEN = "The access token is unknown, expired or revoked; get a new one from POST /oauth/token."  # noqa: S105
"""The message for a token that is not, or no longer, in the database."""

_SECRET_BYTES = 30  # 40 characters; established clients allow 42
_TOKEN_BYTES = 32


class KeyRefused(OperatorError):
    """The API key cannot be created or revoked; nothing was changed. The text says why."""


@dataclass(frozen=True, slots=True)
class Credential:
    """What a caller showed, and how long it is valid."""

    expires_at: datetime
    token_hash: str | None = None
    """The hash of the token in the database, which may be revoked before it expires; None if it is not there."""
    client_id: str | None = None
    """The id of the API key whose secret it was, which may be revoked before it expires; None if it was a token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """Who calls, and what they may do.

    A later key may reuse the name of a revoked one; the audit trail distinguishes them by client id.
    """

    actor: str
    """The name in the audit trail."""
    permissions: frozenset[Permission]
    name: str | None = None
    """The name that users see, of an API key or a person; None if it is the actor."""
    organizations: frozenset[str] | None = None
    """The organisations whose transactions the caller may see; None means all."""
    credential: Credential | None = None
    """The token or secret that says so; None for a caller without one."""


@dataclass(frozen=True, slots=True)
class Token:
    """A new token, as OAuth 2 defines it. `scope` lists the permissions in lower case, separated by spaces."""

    access_token: str = field(repr=False)
    expires_in: int
    jti: str
    scope: str


def create_api_key(
    database: Database,
    name: str,
    permissions: Collection[Permission],
    *,
    expires_at: datetime | None = None,
    organizations: Collection[str] | None = None,
    actor: str,
) -> tuple[ApiKey, str]:
    """Create an API key. Returns its row and its secret, which is not stored.

    It never expires, and sees the transactions of all organisations, unless these are given. An organisation need not
    have transactions yet.

    Raises KeyRefused for a name that is empty, too long or not printable, or in use by a key that is not revoked; for
    an expiry that has passed; and for an organisation that is empty, too long or not printable.
    """
    name = _normalised_name(name)
    labels = None if organizations is None else sorted({_normalised_organization(label) for label in organizations})
    if expires_at is not None and expires_at <= now():
        raise KeyRefused(f"the expiry {_minute(expires_at)} has passed; give a day after today")
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(
        client_id=str(uuid4()),
        name=name,
        secret_hash=_hash(secret),
        permissions=[permission for permission in Permission if permission in permissions],
        created_at=now(),
        expires_at=expires_at,
        organizations=labels,
    )
    after: dict[str, object] = {"name": name, "permissions": [permission.value for permission in key.permissions]}
    if expires_at is not None:
        after["expires_at"] = expires_at.isoformat()
    if labels is not None:
        after["organizations"] = labels
    try:
        with database.write() as session:
            insert_key(session, key)
            audit.record(
                session,
                actor=actor,
                action=audit.Action.CREATE,
                subject_type=audit.SubjectType.API_KEY,
                subject=key.client_id,
                after=after,
            )
    except NameTaken as error:
        raise KeyRefused(
            f"an API key with the name {name!r} already exists; use another name, or revoke that key first"
        ) from error
    return key, secret


def list_api_keys(database: Database) -> list[ApiKey]:
    """All API keys, including revoked ones, oldest first."""
    with database.read() as session:
        return all_keys(session)


def revoke_api_key(database: Database, client_id: str, *, actor: str) -> ApiKey:
    """Revoke the key and its tokens. Raises KeyRefused if it is unknown or already revoked."""
    with database.write() as session:
        key = lock_key(session, _canonical(client_id))
        if key is None:
            raise KeyRefused(f"no API key has the client id {client_id!r}; `api-key list` shows all of them")
        if key.revoked_at is not None:
            raise KeyRefused(f"API key {key.name!r} was already revoked, on {_minute(key.revoked_at)}")
        revoke_key(session, key, now())
        audit.record(
            session,
            actor=actor,
            action=audit.Action.REVOKE,
            subject_type=audit.SubjectType.API_KEY,
            subject=key.client_id,
            before={"revoked": False},
            after={"revoked": True},
        )
    return key


async def key_with_secret(gateway: "Gateway", client_id: str, client_secret: str) -> ApiKey:
    """The API key with this id and secret.

    Raises Unauthenticated, with the same text for a wrong id, a wrong secret and a revoked key, and another for an
    expired key, which only who has its secret gets; or Unavailable.
    """
    key = await gateway.read(api_key, _canonical(client_id))
    expected = "" if key is None else key.secret_hash
    if not hmac.compare_digest(expected, _hash(client_secret)) or key is None or key.revoked_at is not None:
        raise Unauthenticated(
            "The client id or secret is wrong, or the API key has been revoked; check them, or use another API key."
        )
    if key.expires_at is not None and key.expires_at <= now():
        raise Unauthenticated(
            f"The API key {key.name!r} expired on {_minute(key.expires_at)};"
            " ask the administrator of this gateway for another one."
        )
    return key


async def issue_token(gateway: "Gateway", key: ApiKey) -> Token:
    """Issue a token for an API key, with which it ends. Expired tokens, of any key, are removed as a side effect.

    Raises Unavailable.
    """
    moment = now()
    expires_at = moment + timedelta(seconds=TOKEN_SECONDS)
    if key.expires_at is not None:
        expires_at = min(expires_at, key.expires_at)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await gateway.write(_save_token, AccessToken(token_hash=_hash(token), api_key_id=key.id, expires_at=expires_at))
    scope = " ".join(permission.name.lower() for permission in key.permissions)
    expires_in = int((expires_at - moment).total_seconds())
    return Token(access_token=token, expires_in=expires_in, jti=str(uuid4()), scope=scope)


async def identify(gateway: "Gateway", bearer: str) -> Caller:
    """The caller that a token identifies. Raises Unauthenticated if it is unknown, expired or revoked."""
    found = await gateway.read(key_of_token, _hash(bearer), now())
    if found is None:
        raise Unauthenticated(INVALID_TOKEN)
    key, token = found
    return _caller(key, Credential(token.expires_at, token.token_hash))


def holder(key: ApiKey) -> Caller:
    """The caller who showed the secret of this key: the same as one with its token."""
    return _caller(key, Credential(key.expires_at or NEVER, client_id=key.client_id))


def is_client_id(text: str) -> bool:
    """Whether the text has the form of an API key's id."""
    return _canonical(text) != ""


def _caller(key: ApiKey, credential: Credential) -> Caller:
    return Caller(
        f"API key {key.name}, client id {key.client_id}",
        frozenset(key.permissions),
        key.name,
        None if key.organizations is None else frozenset(key.organizations),
        credential,
    )


def _save_token(session: Session, token: AccessToken) -> None:
    remove_expired_tokens(session, now())
    insert_token(session, token)


def _normalised_name(raw: str) -> str:
    name = _normalised("name", raw)
    if not name:
        raise KeyRefused("the name is empty; name the user or program that will use the API key")
    if len(name) > NAME_LENGTH_MAX:
        raise KeyRefused(f"the name has {len(name)} characters; the maximum is {NAME_LENGTH_MAX}")
    return name


def _normalised_organization(raw: str) -> str:
    label = _normalised("organisation", raw)
    if not 0 < len(label) <= ORGANIZATION_LENGTH_MAX:
        raise KeyRefused(
            f"the organisation {label[:20]!r} has {len(label)} characters; it has 1 to {ORGANIZATION_LENGTH_MAX}"
        )
    return label


def _normalised(what: str, raw: str) -> str:
    try:
        return normalised(raw)
    except TextRefused as refused:
        raise KeyRefused(f"the {what} {raw!a}: {refused}") from None


def _minute(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def _canonical(client_id: str) -> str:
    """The client id as it is stored; empty, which no key has, if the text is not a client id."""
    try:
        return str(UUID(client_id))
    except ValueError:
        return ""


def _hash(secret: str) -> str:
    # Secrets and tokens are long and random, so a slow hash would add no protection against guessing.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()

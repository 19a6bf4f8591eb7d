"""Access control: API keys, the access tokens issued for them, and the callers they identify."""

import hashlib
import hmac
import secrets
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import timedelta
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

NAME_LENGTH_MAX = 100

_SECRET_BYTES = 30  # 40 characters; established clients allow 42
_TOKEN_BYTES = 32


class KeyRefused(OperatorError):
    """The API key cannot be created or revoked; nothing was changed. The text says why."""


@dataclass(frozen=True, slots=True)
class Caller:
    """The caller: actor for the audit trail, permissions, and the name of the API key.

    A later key may reuse the name of a revoked one; the audit trail distinguishes them by client id.
    """

    actor: str
    permissions: frozenset[Permission]
    key_name: str | None = None


@dataclass(frozen=True, slots=True)
class Token:
    """A new token, as OAuth 2 defines it. `scope` lists the permissions in lower case, separated by spaces."""

    access_token: str = field(repr=False)
    expires_in: int
    jti: str
    scope: str


def create_api_key(
    database: Database, name: str, permissions: Collection[Permission], *, actor: str
) -> tuple[ApiKey, str]:
    """Create an API key. Returns its row and its secret, which is not stored.

    Raises KeyRefused for a name that is empty, too long or not printable, or in use by a key that is not revoked.
    """
    name = _normalised_name(name)
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    key = ApiKey(
        client_id=str(uuid4()),
        name=name,
        secret_hash=_hash(secret),
        permissions=[permission for permission in Permission if permission in permissions],
        created_at=now(),
    )
    try:
        with database.write() as session:
            insert_key(session, key)
            audit.record(
                session,
                actor=actor,
                action=audit.Action.CREATE,
                subject_type=audit.SubjectType.API_KEY,
                subject=key.client_id,
                after={"name": name, "permissions": [permission.value for permission in key.permissions]},
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
            raise KeyRefused(f"API key {key.name!r} was already revoked, on {key.revoked_at:%Y-%m-%d %H:%M} UTC")
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


async def issue_token(gateway: "Gateway", client_id: str, client_secret: str) -> Token:
    """Issue a token for an API key. Expired tokens, of any key, are removed as a side effect.

    Raises Unauthenticated, with the same text for a wrong id, a wrong secret and a revoked key, or Unavailable.
    """
    key = await gateway.read(api_key, _canonical(client_id))
    expected = "" if key is None else key.secret_hash
    if not hmac.compare_digest(expected, _hash(client_secret)) or key is None or key.revoked_at is not None:
        raise Unauthenticated(
            "The client id or secret is wrong, or the API key has been revoked; check them, or use another API key."
        )
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    await gateway.write(_save_token, _hash(token), key.id)
    scope = " ".join(permission.name.lower() for permission in key.permissions)
    return Token(access_token=token, expires_in=TOKEN_SECONDS, jti=str(uuid4()), scope=scope)


async def identify(gateway: "Gateway", bearer: str) -> Caller:
    """The caller that a token identifies. Raises Unauthenticated if it is unknown, expired or revoked."""
    key = await gateway.read(key_of_token, _hash(bearer), now())
    if key is None:
        raise Unauthenticated("The access token is unknown, expired or revoked; get a new one from POST /oauth/token.")
    return Caller(f"API key {key.name}, client id {key.client_id}", frozenset(key.permissions), key.name)


def _save_token(session: Session, token_hash: str, api_key_id: int) -> None:
    moment = now()
    remove_expired_tokens(session, moment)
    expires_at = moment + timedelta(seconds=TOKEN_SECONDS)
    insert_token(session, AccessToken(token_hash=token_hash, api_key_id=api_key_id, expires_at=expires_at))


def _normalised_name(raw: str) -> str:
    try:
        name = normalised(raw)
    except TextRefused as refused:
        raise KeyRefused(f"the name {raw!a}: {refused}") from None
    if not name:
        raise KeyRefused("the name is empty; name the user or program that will use the API key")
    if len(name) > NAME_LENGTH_MAX:
        raise KeyRefused(f"the name has {len(name)} characters; the maximum is {NAME_LENGTH_MAX}")
    return name


def _canonical(client_id: str) -> str:
    """The client id as it is stored; empty, which no key has, if the text is not a client id."""
    try:
        return str(UUID(client_id))
    except ValueError:
        return ""


def _hash(secret: str) -> str:
    # Secrets and tokens are long and random, so a slow hash would add no protection against guessing.
    return hashlib.sha256(secret.encode(errors="surrogatepass")).hexdigest()

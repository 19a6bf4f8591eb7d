"""API keys and the access tokens issued for them. Secrets and tokens are stored as hashes only."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import JSON, Column, ColumnElement, ForeignKey, Index, and_, or_, text
from sqlalchemy.exc import IntegrityError
from sqlmodel import Field, Session, SQLModel, col, delete, select

from storage.columns import Identifier, UtcDateTime, WordList
from storage.words import Permission


class ApiKey(SQLModel, table=True):
    """The credentials and permissions of a program, which never change. Keys are never removed, only revoked.

    The name is unique until the key is revoked; then another key can use it.
    """

    __tablename__ = "api_key"
    __table_args__ = (
        Index(
            "one_live_api_key_of_a_name",
            "name",
            unique=True,
            sqlite_where=text("revoked_at IS NULL"),
            postgresql_where=text("revoked_at IS NULL"),
        ),
    )

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    client_id: str = Field(max_length=36, unique=True)
    name: str = Field(max_length=100)
    secret_hash: str = Field(max_length=64)
    permissions: list[Permission] = Field(sa_column=Column(WordList(Permission), nullable=False))
    created_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    expires_at: datetime | None = Field(default=None, sa_column=Column(UtcDateTime))
    """None: never."""
    organizations: list[str] | None = Field(default=None, sa_column=Column(JSON(none_as_null=True)))
    """The organisations whose transactions the key may see; None means all."""


class AccessToken(SQLModel, table=True):
    """A token that authenticates as its API key until it expires."""

    __tablename__ = "access_token"

    id: int = Field(default=None, sa_column=Column(Identifier, primary_key=True))
    token_hash: str = Field(max_length=64, unique=True)
    api_key_id: int = Field(sa_column=Column(Identifier, ForeignKey("api_key.id"), nullable=False, index=True))
    expires_at: datetime = Field(sa_column=Column(UtcDateTime, nullable=False, index=True))


class NameTaken(Exception):
    """An API key with that name exists and is not revoked."""


def insert_key(session: Session, key: ApiKey) -> None:
    """Insert an API key. Raises NameTaken, also if a concurrent caller inserts a key with that name."""
    session.add(key)
    try:
        session.flush()
    except IntegrityError as error:
        raise NameTaken from error


def api_key(session: Session, client_id: str) -> ApiKey | None:
    """The API key with that client id, revoked or not."""
    return session.exec(select(ApiKey).where(ApiKey.client_id == client_id)).one_or_none()


def all_keys(session: Session) -> list[ApiKey]:
    """All API keys, including revoked ones, oldest first."""
    return list(session.exec(select(ApiKey).order_by(col(ApiKey.id))))


def lock_key(session: Session, client_id: str) -> ApiKey | None:
    """The API key with that client id, locked until the transaction ends."""
    return session.exec(select(ApiKey).where(ApiKey.client_id == client_id).with_for_update()).one_or_none()


def revoke_key(session: Session, key: ApiKey, moment: datetime) -> None:
    """Revoke the key and delete its tokens."""
    key.revoked_at = moment
    session.add(key)
    session.exec(delete(AccessToken).where(col(AccessToken.api_key_id) == key.id))


def insert_token(session: Session, token: AccessToken) -> None:
    """Insert a token."""
    session.add(token)


def remove_expired_tokens(session: Session, moment: datetime) -> None:
    """Delete the tokens that have expired by that moment."""
    # Concurrent callers must not wait for each other: each skips the rows that another one is deleting.
    expired = select(AccessToken.id).where(AccessToken.expires_at <= moment).with_for_update(skip_locked=True)
    session.exec(delete(AccessToken).where(col(AccessToken.id).in_(expired)))


def key_of_token(session: Session, token_hash: str, moment: datetime) -> tuple[ApiKey, AccessToken] | None:
    """The API key of a valid token, and the token; None if the token is unknown, or it or the key has ended."""
    return session.exec(
        select(ApiKey, AccessToken)
        .join(AccessToken, col(AccessToken.api_key_id) == col(ApiKey.id))
        .where(AccessToken.token_hash == token_hash, _is_valid(moment))
    ).one_or_none()


def valid_tokens(session: Session, token_hashes: Collection[str], moment: datetime) -> set[str]:
    """Those of the tokens that are valid."""
    found = session.exec(
        select(AccessToken.token_hash)
        .join(ApiKey, col(AccessToken.api_key_id) == col(ApiKey.id))
        .where(col(AccessToken.token_hash).in_(token_hashes), _is_valid(moment))
    )
    return set(found)


def valid_keys(session: Session, client_ids: Collection[str], moment: datetime) -> set[str]:
    """Those of the client ids whose keys are neither revoked nor expired."""
    found = session.exec(select(ApiKey.client_id).where(col(ApiKey.client_id).in_(client_ids), _is_live(moment)))
    return set(found)


def _is_valid(moment: datetime) -> ColumnElement[bool]:
    return and_(col(AccessToken.expires_at) > moment, _is_live(moment))


def _is_live(moment: datetime) -> ColumnElement[bool]:
    expires_at = col(ApiKey.expires_at)
    return and_(col(ApiKey.revoked_at).is_(None), or_(expires_at.is_(None), expires_at > moment))

"""API keys and their tokens."""

import asyncio
from collections.abc import Collection

from gateway.application import Application
from resolvers.access import STANDARD, Token, create_api_key, issue_token, key_with_secret
from storage.api_keys import ApiKey
from storage.database import Database
from storage.words import Permission


def exchange(database: Database, client_id: str, secret: str) -> Token:
    """The token that a gateway issues for these credentials."""
    gateway = Application(database).gateway

    async def issue() -> Token:
        return await issue_token(gateway, await key_with_secret(gateway, client_id, secret))

    return asyncio.run(issue())


def new_token(
    database: Database, *permissions: Permission, name: str = "Month end", organizations: Collection[str] | None = None
) -> tuple[ApiKey, str]:
    """A new API key with these permissions, by default those of a standard user, and a token for it."""
    key, secret = create_api_key(database, name, permissions or STANDARD, organizations=organizations, actor="test")
    return key, exchange(database, key.client_id, secret).access_token

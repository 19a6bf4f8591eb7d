"""The callers of running subscriptions, which end with the caller's token."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping, Sequence
from typing import TypeVar

from resolvers.access import Credential
from resolvers.errors import Unauthenticated
from runs.statements import Statements
from storage.api_keys import valid_keys, valid_tokens
from storage.columns import now
from storage.database import Database, DatabaseError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

INTERVAL_SECONDS = 2

EXPIRED = "The access token has expired; get a new one, and subscribe again."
REVOKED = "The API key has been revoked; ask the administrator of this gateway for another one."

_AT_ONCE = 10_000


class LiveCallers:
    """Ends subscriptions whose token or API key has expired, or whose API key has been revoked.

    Every two seconds one statement looks for all tokens, and one for all keys whose secret was sent. If the database
    cannot be read, only expiry ends them.
    """

    def __init__(self, statements: Statements) -> None:
        self._statements = statements
        self._subscriptions: defaultdict[Credential, set[_Subscription]] = defaultdict(set)

    async def while_valid(
        self, credential: Credential | None, results: AsyncIterator[Result]
    ) -> AsyncGenerator[Result, None]:
        """The results, for as long as the caller's token is valid. Raises Unauthenticated at its end."""
        if credential is None:
            async for result in results:
                yield result
            return
        subscription = _Subscription()
        self._subscriptions[credential].add(subscription)
        try:
            while True:
                try:
                    result = await subscription.next(results)
                except StopAsyncIteration:
                    return
                yield result
        finally:
            self._subscriptions[credential].discard(subscription)
            if not self._subscriptions[credential]:
                del self._subscriptions[credential]

    async def watch(self) -> None:
        """End subscriptions until cancelled."""
        while True:
            await asyncio.sleep(INTERVAL_SECONDS)
            try:
                await self._end_invalid()
            except DatabaseError as error:
                logger.debug("%s", error)  # whatever else reads the database logs it as an error
            except Exception:
                logger.exception("Cannot tell whose API keys have been revoked")

    async def _end_invalid(self) -> None:
        moment = now()
        for credential in list(self._subscriptions):
            if credential.expires_at <= moment:
                self._end(credential, EXPIRED)
        tokens = {each.token_hash: each for each in self._subscriptions if each.token_hash is not None}
        keys = {each.client_id: each for each in self._subscriptions if each.client_id is not None}
        await self._end_revoked(tokens, _valid_tokens)
        await self._end_revoked(keys, _valid_keys)

    async def _end_revoked(
        self, shown: Mapping[str, Credential], valid_of: Callable[[Database, Sequence[str]], set[str]]
    ) -> None:
        every = list(shown)
        for start in range(0, len(every), _AT_ONCE):
            names = every[start : start + _AT_ONCE]
            valid = await self._statements.ask(valid_of, names)
            for name in names:
                if name not in valid:
                    self._end(shown[name], REVOKED)

    def _end(self, credential: Credential, told: str) -> None:
        for subscription in list(self._subscriptions.get(credential, ())):
            subscription.end(told)


class _Subscription:
    """Waits for results, until it is ended from outside."""

    def __init__(self) -> None:
        self._told: str | None = None
        self._waiting: asyncio.Timeout | None = None

    async def next(self, results: AsyncIterator[Result]) -> Result:
        if self._told is None:
            try:
                # A timeout that `end` brings forward: cheaper than a task for every result.
                async with asyncio.timeout(None) as self._waiting:
                    return await anext(results)
            except TimeoutError:
                if self._told is None:
                    raise
            finally:
                self._waiting = None
        raise Unauthenticated(self._told)

    def end(self, told: str) -> None:
        if self._told is None:
            self._told = told
            if self._waiting is not None:
                self._waiting.reschedule(asyncio.get_running_loop().time())


def _valid_tokens(database: Database, token_hashes: Sequence[str]) -> set[str]:
    with database.read() as session:
        return valid_tokens(session, token_hashes, now())


def _valid_keys(database: Database, client_ids: Sequence[str]) -> set[str]:
    with database.read() as session:
        return valid_keys(session, client_ids, now())

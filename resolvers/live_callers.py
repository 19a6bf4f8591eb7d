"""The callers of running subscriptions, which end with the caller's token."""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from typing import TypeVar

from resolvers.access import Credential
from resolvers.errors import Unauthenticated
from runs.statements import Statements
from storage.api_keys import valid_tokens
from storage.columns import now
from storage.database import Database, DatabaseError

logger = logging.getLogger(__name__)

Result = TypeVar("Result")

INTERVAL_SECONDS = 2

EXPIRED = "The access token has expired; get a new one, and subscribe again."
REVOKED = "The API key has been revoked; ask the administrator of this gateway for another one."

_TOKENS_AT_ONCE = 10_000


class LiveCallers:
    """Ends subscriptions whose token has expired, or whose API key has been revoked.

    One statement looks for all of them every two seconds. If the database cannot be read, only expiry ends them.
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
        stored = {each.token_hash: each for each in self._subscriptions if each.token_hash is not None}
        every = list(stored)
        for start in range(0, len(every), _TOKENS_AT_ONCE):
            hashes = every[start : start + _TOKENS_AT_ONCE]
            valid = await self._statements.ask(_valid, hashes)
            for token_hash in hashes:
                if token_hash not in valid:
                    self._end(stored[token_hash], REVOKED)

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


def _valid(database: Database, token_hashes: Sequence[str]) -> set[str]:
    with database.read() as session:
        return valid_tokens(session, token_hashes, now())

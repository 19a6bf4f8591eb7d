"""What every resolver is given: the running gateway, and who is asking."""

import logging
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Concatenate, ParamSpec, TypeVar

from anyio import CapacityLimiter, to_thread
from sqlmodel import Session

from resolvers.errors import Forbidden, RequestError, Unavailable
from runs.feed import Feed
from runs.process import Process
from storage.database import Database, DatabaseBusy, DatabaseError, UnfitText
from storage.pages import BadCursor
from storage.words import Permission

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

logger = logging.getLogger(__name__)

_PARALLEL_STATEMENTS = 20


@dataclass(frozen=True)
class Gateway:
    """The database, the workflows and the feed that resolvers work on."""

    database: Database
    process: Process
    feed: Feed
    limiter: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(_PARALLEL_STATEMENTS))

    async def read(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function with a session that only reads, in a thread of its own.

        Raises RequestError for a cursor that the list did not give out and for a text that no database keeps, and
        Unavailable when the database is lost.
        """

        def work() -> Result:
            with self.database.read() as session:
                return function(session, *args, **kwargs)

        try:
            return await to_thread.run_sync(work, limiter=self.limiter)
        except (BadCursor, UnfitText) as error:
            raise RequestError(str(error)) from error
        except DatabaseError as error:
            logger.error("%s", error)
            raise Unavailable("The ledger's database cannot be reached; try again.") from error

    async def write(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function in one transaction, in a thread of its own: all that it writes, or nothing.

        Raises Unavailable when another writer does not let go of the database, and when the database is lost.
        """

        def work() -> Result:
            with self.database.write() as session:
                return function(session, *args, **kwargs)

        try:
            return await to_thread.run_sync(work, limiter=self.limiter)
        except UnfitText as error:
            raise RequestError(str(error)) from error
        except DatabaseBusy as error:
            raise Unavailable(
                "The ledger is busy, as while a file is imported. Nothing was changed; try again."
            ) from error
        except DatabaseError as error:
            # Lost while it commits, the change may have been made.
            logger.error("%s", error)
            raise Unavailable(
                "The ledger's database failed; look whether the change was made, then try again."
            ) from error


@dataclass(frozen=True)
class Context:
    """One request: the gateway, who is asking as the audit trail names them, what they may do, and their key's name."""

    gateway: Gateway
    actor: str
    permissions: frozenset[Permission] = frozenset(Permission)
    key_name: str | None = None

    @property
    def user(self) -> str:
        """Who is asking, as a user reads it: the name of their API key, if they have one."""
        return self.key_name or self.actor

    def require(self, permission: Permission) -> None:
        """Raise Forbidden unless the caller has the permission."""
        if permission not in self.permissions:
            caller = self.actor if self.key_name is None else f"API key {self.key_name}"
            raise Forbidden(
                f"{caller} lacks the permission {permission.value!r};"
                " ask whoever administers this gateway for an API key that has it."
            )

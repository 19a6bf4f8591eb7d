"""The context of every resolver: the running gateway and the caller."""

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sqlmodel import Session

from resolvers.errors import Forbidden, RequestError, TooSlow, Unavailable
from resolvers.live_callers import LiveCallers
from runs.feed import Feed
from runs.statements import Statements
from runs.violations import Invalid
from runs.workflows import Workflows
from storage.database import Database, DatabaseBusy, DatabaseError, UnfitText
from storage.deadline import DeadlineExceeded
from storage.documents.answer import Document, answer, answer_each
from storage.documents.words import Each
from storage.organizations import limit
from storage.pages import BadCursor
from storage.words import Permission

Result = TypeVar("Result")
Arguments = ParamSpec("Arguments")

logger = logging.getLogger(__name__)

UNAVAILABLE = "The ledger's database is unavailable; try again later."

TOO_SLOW = (
    "The query took too long, and the database has cancelled it. Ask for smaller pages, or for fewer rows by a"
    " filter, and leave out counts of long lists."
)


@dataclass(frozen=True)
class Gateway:
    """The database, workflows, feed and callers that resolvers use."""

    database: Database
    statements: Statements
    workflows: Workflows
    feed: Feed
    live_callers: LiveCallers
    organizations: frozenset[str] | None = None
    """Those that callers of this gateway are limited to: what belongs to others does not exist. None means all."""

    def limited_to(self, organizations: frozenset[str] | None) -> "Gateway":
        """This gateway for callers who are limited to these organisations."""
        return self if organizations is None else replace(self, organizations=organizations)

    async def read(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function with a read-only session, in a thread.

        Raises RequestError for a cursor of another list and for a text that databases cannot store, TooSlow, and
        Unavailable if the database fails.
        """
        with worded():
            return await self.statements.read(self._limited(function), *args, **kwargs)

    async def report(self, function: Callable[[Database], Result]) -> Result:
        """Call the function with the database, which it asks statements for a report. Raises as `read`."""
        with worded():
            return await self.statements.report(function)

    async def add_up(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """The same as `read`, in the queue of reports, since it may take long."""
        limited = self._limited(function)

        def work(database: Database) -> Result:
            with database.read() as session:
                return limited(session, *args, **kwargs)

        return await self.report(work)

    async def ask(self, document: Document) -> dict[str, str | bytes | None]:
        """The JSON text of each root of a document by its key, read with one statement.

        Raises what `Database.ask` raises.
        """
        return await self.statements.ask(answer, document)

    async def ask_each(self, each: Each) -> dict[int, bytes]:
        """The JSON text of each row by its key, read with one statement. Raises what `Database.ask` raises."""
        return await self.statements.ask(partial(answer_each, organizations=self.organizations), each)

    async def write(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """Call the function in one transaction, in a thread: everything it writes is committed, or nothing.

        Raises RequestError for a text that databases cannot store, TooSlow, and Unavailable if another writer holds
        the database or the database fails.
        """
        try:
            return await self.statements.write(self._limited(function), *args, **kwargs)
        except UnfitText as error:
            raise RequestError(str(error)) from error
        except DeadlineExceeded as error:
            raise TooSlow(
                "The change took too long and was cancelled. Nothing was changed; try again, or change less."
            ) from error
        except DatabaseBusy as error:
            raise Unavailable(
                "The ledger is busy, for example importing a file. Nothing was changed; try again later."
            ) from error
        except DatabaseError as error:
            # If the connection is lost during the commit, the change may have been applied.
            logger.error("%s", error)
            raise Unavailable(
                "The ledger's database failed; check whether the change was applied, then retry."
            ) from error

    def _limited(
        self, function: Callable[Concatenate[Session, Arguments], Result]
    ) -> Callable[Concatenate[Session, Arguments], Result]:
        organizations = self.organizations
        if organizations is None:
            return function

        def limited(session: Session, /, *args: Arguments.args, **kwargs: Arguments.kwargs) -> Result:
            limit(session, organizations)
            return function(session, *args, **kwargs)

        return limited


@contextmanager
def worded() -> Iterator[None]:
    """Say to callers why a read has failed."""
    try:
        yield
    except BadCursor as error:
        raise RequestError(str(error), error.argument) from error
    except UnfitText as error:
        raise RequestError(str(error)) from error
    except DeadlineExceeded as error:
        raise TooSlow(TOO_SLOW) from error
    except DatabaseError as error:
        logger.error("%s", error)
        raise Unavailable(UNAVAILABLE) from error


@dataclass(frozen=True)
class Context:
    """One request: the gateway, the actor for the audit trail, the permissions, and the name that users see."""

    gateway: Gateway
    actor: str
    permissions: frozenset[Permission]
    name: str | None = None

    @property
    def organizations(self) -> frozenset[str] | None:
        """The organisations that the caller is limited to; None means all."""
        return self.gateway.organizations

    @property
    def user(self) -> str:
        """The caller as shown to users: the name of the API key or the person, if there is one."""
        return self.name or self.actor

    async def change(
        self,
        function: Callable[Concatenate[Session, Arguments], Result],
        *args: Arguments.args,
        **kwargs: Arguments.kwargs,
    ) -> Result:
        """As `Gateway.write`; violations tell what the caller may know."""
        try:
            return await self.gateway.write(function, *args, **kwargs)
        except Invalid as invalid:
            raise Invalid([one.told_to(self.permissions) for one in invalid.violations]) from invalid

    def require(self, *permissions: Permission) -> None:
        """Raise Forbidden if the caller lacks one of the permissions."""
        for permission in permissions:
            if permission not in self.permissions:
                raise self._forbidden(f"the permission {permission.value!r}", "it")

    def require_one_of(self, permissions: Sequence[Permission]) -> None:
        """Raise Forbidden if the caller has none of the permissions."""
        if self.permissions.isdisjoint(permissions):
            names = " and ".join(repr(permission.value) for permission in permissions)
            raise self._forbidden(f"the permissions {names}", "the one for this change")

    def _forbidden(self, lacking: str, wanted: str) -> Forbidden:
        return Forbidden(
            f"{self.user} lacks {lacking};"
            f" ask the administrator of this gateway for an API key or a role that has {wanted}."
        )

"""Files that are kept for a while, so that requests for parts of one, and repeated ones, read the same file."""

import asyncio
import secrets
import shutil
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from resolvers.errors import Unavailable

FILES_MAX = 20
BYTES_MAX = 5 * 10**9
AGE_SECONDS_MAX = 3600.0

MAKING_MAX = 2
"""Files that are made at a time."""

WAITING_MAX = 8
"""Files that wait for their turn to be made."""

WAIT_SECONDS = 30.0
"""How long a file waits for its turn."""

BUSY = "Other exports are being made, as many as may be at a time; try again in a moment."

Make = Callable[[Path], Awaitable[None]]
"""Writes a file at the path. It is cancelled if nobody waits for the file any more."""


@dataclass(slots=True, eq=False)
class Kept:
    """A file; it is not removed while it is used."""

    path: Path
    size: int
    made_at: float
    used_at: float
    users: int = 0


@dataclass(slots=True)
class _Making:
    task: asyncio.Task[Kept]
    waiting: int = 0


@dataclass(slots=True)
class KeptFiles:
    """Files by key, in a folder of this process that nobody else can read. To be used from one event loop."""

    files_max: int = FILES_MAX
    bytes_max: int = BYTES_MAX
    age_seconds_max: float = AGE_SECONDS_MAX
    _folder: Path | None = None
    _kept: dict[str, Kept] = field(default_factory=dict)
    _making: dict[str, _Making] = field(default_factory=dict)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(MAKING_MAX))

    @asynccontextmanager
    async def file(self, key: str, make: Make) -> AsyncIterator[Kept]:
        """The file with this key, for the time of the block; if there is none, `make` makes it.

        Raises Unavailable if too many are being made, and what `make` raises.
        """
        self._remove_old()
        kept = self._kept.get(key) or await self._made(key, make)
        kept.users += 1
        try:
            yield kept
        finally:
            kept.users -= 1
            kept.used_at = monotonic()
            self._make_room()

    def used_within(self, key: str, seconds: float) -> bool:
        """Whether there is a file with this key that is used, or was until so long ago."""
        kept = self._kept.get(key)
        return kept is not None and (kept.users > 0 or monotonic() - kept.used_at <= seconds)

    async def close(self) -> None:
        """Remove all files, and stop what makes more."""
        tasks = [making.task for making in self._making.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._kept.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def _made(self, key: str, make: Make) -> Kept:
        making = self._making.get(key)
        if making is None:
            if len(self._making) >= MAKING_MAX + WAITING_MAX:
                raise Unavailable(BUSY)
            making = self._making[key] = _Making(asyncio.create_task(self._make(key, make)))
        making.waiting += 1
        try:
            return await asyncio.shield(making.task)
        finally:
            making.waiting -= 1
            if not making.waiting and not making.task.done():
                self._forget(key, making)
                making.task.cancel()

    async def _make(self, key: str, make: Make) -> Kept:
        making = self._making[key]
        path = self._new_path()
        try:
            try:
                await asyncio.wait_for(self._turns.acquire(), WAIT_SECONDS)
            except TimeoutError:
                raise Unavailable(BUSY) from None
            try:
                await make(path)
            finally:
                self._turns.release()
            kept = Kept(path, path.stat().st_size, monotonic(), monotonic())
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            self._forget(key, making)
        self._kept[key] = kept
        self._make_room(but=kept)
        return kept

    def _forget(self, key: str, making: _Making) -> None:
        if self._making.get(key) is making:
            del self._making[key]

    def _new_path(self) -> Path:
        if self._folder is None:
            self._folder = Path(tempfile.mkdtemp(prefix="journal-gateway-exports-"))
        return self._folder / secrets.token_hex(8)

    def _remove_old(self) -> None:
        oldest = monotonic() - self.age_seconds_max
        for key in [key for key, kept in self._kept.items() if kept.made_at < oldest]:
            self._remove(key)

    def _make_room(self, but: Kept | None = None) -> None:
        """Remove the files that were used longest ago, until the others are few and small enough."""
        unused = sorted(
            (key for key, kept in self._kept.items() if not kept.users and kept is not but),
            key=lambda key: self._kept[key].used_at,
        )
        for key in unused:
            if len(self._kept) <= self.files_max and sum(one.size for one in self._kept.values()) <= self.bytes_max:
                break
            self._remove(key)

    def _remove(self, key: str) -> None:
        """Forget the file. One that is in use is removed too: who reads it has it open."""
        self._kept.pop(key).path.unlink(missing_ok=True)

"""Files that are kept for a while, so that requests for parts of one, and repeated ones, read the same file."""

import asyncio
import logging
import secrets
import shutil
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
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

logger = logging.getLogger(__name__)

Make = Callable[[Path], Awaitable[None]]
"""Writes a file at the path. It is cancelled if nobody waits for the file any more."""


@dataclass(slots=True, eq=False)
class Kept:
    """A file; it is not removed while it is used."""

    path: Path
    size: int
    made_at: float
    users: int
    used_at: float

    @property
    def name(self) -> str:
        """A name that no other file has had."""
        return self.path.name


@dataclass(slots=True)
class _Making:
    waiting: int = 0
    task: asyncio.Task[Kept] | None = None


class KeptFiles:
    """Files by key, in a folder of this process that nobody else can read. To be used from one event loop."""

    def __init__(
        self, *, files_max: int = FILES_MAX, bytes_max: int = BYTES_MAX, age_seconds_max: float = AGE_SECONDS_MAX
    ) -> None:
        """They are `files_max` at most, which have `bytes_max` together, but for those in use and the one used last."""
        self._files_max = files_max
        self._bytes_max = bytes_max
        self._age_seconds_max = age_seconds_max
        self._folder: Path | None = None
        self._kept: dict[str, Kept] = {}
        self._making: dict[str, _Making] = {}
        self._tasks: set[asyncio.Task[Kept]] = set()
        """All that make files, also those for which nobody waits any more."""
        self._turns = asyncio.Semaphore(MAKING_MAX)

    async def obtain(self, key: str, make: Make) -> Kept:
        """The file with this key; if there is none, `make` makes it. Who has got it releases it.

        Raises Unavailable if too many are being made or it cannot be stored, and what `make` raises.
        """
        self._remove_old()
        if (kept := self._kept.get(key)) is not None:
            if kept.path.exists():
                kept.users += 1
                return kept
            del self._kept[key]
        return await self._made(key, make)

    def release(self, kept: Kept) -> None:
        """End a use of the file."""
        kept.users -= 1
        kept.used_at = monotonic()
        self._remove_old()
        self._make_room()

    def used_within(self, key: str, seconds: float) -> bool:
        """Whether there is a file with this key that is in use, or was until so long ago."""
        kept = self._kept.get(key)
        return kept is not None and (kept.users > 0 or monotonic() - kept.used_at <= seconds)

    def stop(self) -> None:
        """Make no more files: who waits for one is cancelled."""
        for task in self._tasks:
            task.cancel()

    async def close(self) -> None:
        """Stop, and remove all files."""
        self.stop()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._kept.clear()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)
            self._folder = None

    async def _made(self, key: str, make: Make) -> Kept:
        making = self._making.get(key)
        if making is None:
            if len(self._making) >= MAKING_MAX + WAITING_MAX:
                raise Unavailable(BUSY)
            making = self._making[key] = _Making()
            making.task = asyncio.create_task(self._make(key, making, make))
            self._tasks.add(making.task)
            making.task.add_done_callback(self._tasks.discard)
        task = making.task
        assert task is not None
        making.waiting += 1
        try:
            return await asyncio.shield(task)
        except BaseException:
            making.waiting -= 1
            if not task.done():
                if not making.waiting:
                    self._forget(key, making)
                    task.cancel()
            elif not task.cancelled() and task.exception() is None:
                self.release(task.result())
            raise

    async def _make(self, key: str, making: _Making, make: Make) -> Kept:
        try:
            path, size = await self._stored(make)
        except OSError as error:
            logger.error("an export cannot be stored: %s", error)
            raise Unavailable(f"The file cannot be stored ({error.strerror}); use ?stream=1 to stream it.") from error
        finally:
            self._forget(key, making)
        kept = Kept(path, size, monotonic(), making.waiting, monotonic())
        self._kept[key] = kept
        self._make_room()
        asyncio.get_running_loop().call_later(self._age_seconds_max, self._remove_old)
        return kept

    async def _stored(self, make: Make) -> tuple[Path, int]:
        path = self._new_path()
        try:
            await self._turn()
            try:
                await make(path)
            finally:
                self._turns.release()
            return path, path.stat().st_size
        except BaseException:
            path.unlink(missing_ok=True)
            raise

    async def _turn(self) -> None:
        try:
            async with asyncio.timeout(WAIT_SECONDS):
                await self._turns.acquire()
        except TimeoutError:
            raise Unavailable(BUSY) from None

    def _forget(self, key: str, making: _Making) -> None:
        if self._making.get(key) is making:
            del self._making[key]

    def _new_path(self) -> Path:
        # Systems clean the folder of temporary files, of folders too that a process still uses.
        if self._folder is None or not self._folder.exists():
            self._folder = Path(tempfile.mkdtemp(prefix="journal-gateway-exports-"))
        return self._folder / secrets.token_hex(8)

    def _remove_old(self) -> None:
        oldest = monotonic() - self._age_seconds_max
        for key in [key for key, kept in self._kept.items() if kept.made_at <= oldest and not kept.users]:
            self._remove(key)

    def _make_room(self) -> None:
        """Remove the files that were used longest ago, until the others are few and small enough."""
        by_use = sorted(self._kept, key=lambda key: self._kept[key].used_at)
        # Who fetches parts of a file that is larger than all may be would have it made anew for each.
        for key in [key for key in by_use[:-1] if not self._kept[key].users]:
            used = sum(kept.size for kept in self._kept.values())
            if len(self._kept) <= self._files_max and used <= self._bytes_max:
                break
            self._remove(key)

    def _remove(self, key: str) -> None:
        self._kept.pop(key).path.unlink(missing_ok=True)

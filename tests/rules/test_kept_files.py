"""Exported files that are kept: how many, for how long, and for whom they are made."""

import asyncio
import shutil
import stat
import tempfile
from collections.abc import Awaitable, Callable
from errno import ENOSPC
from os import strerror
from pathlib import Path

import pytest

from gateway.exports import kept as kept_files
from gateway.exports.kept import MAKING_MAX, WAITING_MAX, Kept, KeptFiles, Make
from resolvers.errors import Unavailable


def run(work: Callable[[], Awaitable[None]]) -> None:
    async def bounded() -> None:
        async with asyncio.timeout(20):
            await work()

    asyncio.run(bounded())


def of(size: int, made: list[Path] | None = None) -> Make:
    """Makes a file of that size, and notes its path."""

    async def make(path: Path) -> None:
        path.write_bytes(b"x" * size)
        if made is not None:
            made.append(path)

    return make


async def used(files: KeptFiles, key: str, make: Make) -> Kept:
    kept = await files.obtain(key, make)
    files.release(kept)
    return kept


def test_a_file_is_made_once_and_no_one_else_can_read_it() -> None:
    async def work() -> None:
        files, made = KeptFiles(), list[Path]()
        first, second = await asyncio.gather(*(files.obtain("a", of(3, made)) for _ in range(2)))
        third = await files.obtain("a", of(3, made))
        assert first is second is third
        assert len(made) == 1
        assert (first.size, first.users) == (3, 3)
        folder = first.path.parent
        assert stat.S_IMODE(folder.stat().st_mode) == stat.S_IRWXU
        await files.close()
        assert not folder.exists()

    run(work)


def test_a_file_that_cannot_be_stored_is_refused_and_made_when_it_can(monkeypatch: pytest.MonkeyPatch) -> None:
    async def full(path: Path) -> None:
        path.write_bytes(b"x")
        raise OSError(ENOSPC, strerror(ENOSPC))

    async def work() -> None:
        files = KeptFiles()
        with monkeypatch.context() as without:
            without.setattr(tempfile, "tempdir", "/nonexistent")
            for _ in range(2):
                with pytest.raises(
                    Unavailable, match=r"cannot be stored \(No such file or directory\); use \?stream=1"
                ):
                    await files.obtain("a", of(1))
        with pytest.raises(Unavailable, match="No space left on device"):
            await files.obtain("a", full)
        kept = await used(files, "a", of(1))
        assert list(kept.path.parent.iterdir()) == [kept.path]
        await files.close()

    run(work)


def test_a_file_is_made_anew_when_others_have_removed_it_or_its_folder() -> None:
    async def work() -> None:
        files, made = KeptFiles(), list[Path]()
        await used(files, "a", of(1, made))
        made[0].unlink()
        await used(files, "a", of(1, made))
        shutil.rmtree(made[1].parent)
        await used(files, "a", of(1, made))
        assert [path.exists() for path in made] == [False, False, True]
        await files.close()

    run(work)


def test_the_files_used_longest_ago_go_when_there_are_too_many() -> None:
    async def work() -> None:
        files, made = KeptFiles(files_max=2), list[Path]()
        await used(files, "a", of(1, made))
        await used(files, "b", of(1, made))
        await used(files, "a", of(1, made))
        await used(files, "c", of(1, made))
        assert [path.exists() for path in made] == [True, False, True]
        await files.close()

    run(work)


def test_the_files_used_longest_ago_go_when_they_are_too_large() -> None:
    async def work() -> None:
        files, made = KeptFiles(bytes_max=10), list[Path]()
        for key in "abc":
            await used(files, key, of(4, made))
        assert [path.exists() for path in made] == [False, True, True]
        # One that is larger than all may be stays until there is another: its parts may be asked for.
        await used(files, "d", of(20, made))
        assert [path.exists() for path in made] == [False, False, False, True]
        await used(files, "e", of(1, made))
        assert [path.exists() for path in made] == [False, False, False, False, True]
        await files.close()

    run(work)


def test_a_file_in_use_stays() -> None:
    async def work() -> None:
        files = KeptFiles(files_max=1)
        kept = await files.obtain("a", of(1))
        await used(files, "b", of(1))
        assert kept.path.exists()
        files.release(kept)
        await used(files, "c", of(1))
        assert not kept.path.exists()
        await files.close()

    run(work)


def test_old_files_go() -> None:
    async def work() -> None:
        files, made = KeptFiles(age_seconds_max=0.05), list[Path]()
        await used(files, "a", of(1, made))
        kept = await files.obtain("b", of(1, made))
        assert made[0].exists()
        await asyncio.sleep(0.1)
        assert [path.exists() for path in made] == [False, True]
        files.release(kept)
        assert not made[1].exists()
        await files.close()

    run(work)


def test_few_files_are_made_at_a_time_and_few_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    async def work() -> None:
        files, go, at_work = KeptFiles(), asyncio.Event(), 0

        async def make(path: Path) -> None:
            nonlocal at_work
            at_work += 1
            await go.wait()
            path.write_bytes(b"x")

        asked = [asyncio.create_task(used(files, str(n), make)) for n in range(MAKING_MAX + WAITING_MAX)]
        await asyncio.sleep(0.01)
        assert at_work == MAKING_MAX
        with pytest.raises(Unavailable, match="Other exports are being made"):
            await files.obtain("one more", make)
        go.set()
        await asyncio.gather(*asked)
        # Who waits too long is refused as well.
        go.clear()
        monkeypatch.setattr(kept_files, "WAIT_SECONDS", 0.01)
        asked = [asyncio.create_task(used(files, f"again {n}", make)) for n in range(MAKING_MAX)]
        await asyncio.sleep(0)
        with pytest.raises(Unavailable, match="Other exports are being made"):
            await files.obtain("one more", make)
        go.set()
        await asyncio.gather(*asked)
        await files.close()

    run(work)


def test_what_nobody_waits_for_is_no_longer_made() -> None:
    async def work() -> None:
        files, stopped = KeptFiles(), list[Path]()

        async def make(path: Path) -> None:
            path.write_bytes(b"x")
            try:
                await asyncio.Event().wait()
            finally:
                stopped.append(path)

        first, second = (asyncio.create_task(files.obtain("a", make)) for _ in range(2))
        await asyncio.sleep(0.01)
        first.cancel()
        await asyncio.wait([first])
        assert stopped == []
        second.cancel()
        await asyncio.wait([second])
        await asyncio.sleep(0.01)
        (path,) = stopped
        assert not path.exists()
        # The next one who asks is not told of it.
        await used(files, "a", of(1))
        await files.close()

    run(work)


def test_closing_stops_what_is_being_made() -> None:
    async def work() -> None:
        files = KeptFiles()

        async def make(path: Path) -> None:
            await asyncio.Event().wait()

        waiting = asyncio.create_task(files.obtain("a", make))
        await asyncio.sleep(0.01)
        await files.close()
        with pytest.raises(asyncio.CancelledError):
            await waiting

    run(work)


def test_a_file_that_fails_is_tried_again() -> None:
    async def work() -> None:
        files, paths = KeptFiles(), list[Path]()

        async def fail(path: Path) -> None:
            path.write_bytes(b"x")
            paths.append(path)
            raise Unavailable("no database")

        for _ in range(2):
            with pytest.raises(Unavailable, match="no database"):
                await files.obtain("a", fail)
        assert [path.exists() for path in paths] == [False, False]
        assert (await used(files, "a", of(1))).size == 1
        await files.close()

    run(work)

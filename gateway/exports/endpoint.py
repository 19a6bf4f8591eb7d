"""`/exports/{view}.{format}`: a whole view as a file by address."""

import asyncio
import logging
from collections.abc import Generator, Sequence
from contextlib import aclosing
from functools import partial
from http import HTTPStatus
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from gateway.authentication import Authentication
from gateway.bi.refusals import refusal
from gateway.exports.answers import GZIP, KeptResponse, StreamResponse, accepts_gzip, unchanged
from gateway.exports.asked import Asked, asked
from gateway.exports.kept import BUSY, MAKING_MAX, Kept, KeptFiles
from gateway.exports.pieces import Piece, pieces
from gateway.exports.spooling import compressed, written
from gateway.exports.threads import EXPORT_SECONDS, Threads
from gateway.exports.work import STOPPING, Work
from resolvers.context import Gateway
from resolvers.errors import RequestError, Unavailable
from storage.deadline import deadline

STREAMS_MAX = 4
"""Exports that are streamed at a time."""

SAME_FILE_SECONDS = 60.0
"""Who asks for parts of a file gets them of the same one, until this long after the last of them."""

_METHODS = ("GET", "HEAD")

logger = logging.getLogger(__name__)


class Exports:
    """Makes a file when it is asked for, and keeps it for a while."""

    def __init__(self, gateway: Gateway, authentication: Authentication, kept: KeptFiles | None = None) -> None:
        self._gateway = gateway
        self._authentication = authentication
        self.kept = kept or KeptFiles()
        self._threads = Threads(MAKING_MAX + STREAMS_MAX)
        self._is_stopping = False
        self._work = Work()
        self._streams: set[asyncio.Task[None]] = set()
        self._latest: dict[str, Asked] = {}
        """What was last answered to each question."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope, receive)
        begun = False

        async def noted(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._answered(request, noted)
        except RequestError as error:
            if not begun:
                await refusal(error)(scope, receive, send)
        except asyncio.CancelledError:
            # The server does so when it stops.
            if not begun:
                await refusal(Unavailable(STOPPING))(scope, receive, send)

    def stop(self) -> None:
        """End what is being made and what is streamed. Files that are there are still sent."""
        self._is_stopping = True
        self.kept.stop()
        for stream in self._streams:
            stream.cancel()

    async def close(self) -> None:
        """Stop, wait for all requests to end, and remove all files."""
        self.stop()
        await self._work.close()
        await self.kept.close()
        await asyncio.to_thread(self._threads.close)

    async def _answered(self, request: Request, send: Send) -> None:
        if request.method not in _METHODS:
            await _not_allowed(request)(request.scope, request.receive, send)
            return
        wanted = await asked(request, self._gateway, self._authentication)
        if self._is_stopping:
            raise Unavailable(STOPPING)
        if (same := unchanged(request, wanted)) is not None:
            await same(request.scope, request.receive, send)
            return
        answer = self._stream if wanted.is_stream else self._answer
        await self._work.while_connected(request.receive, answer(request, wanted, send))

    async def _answer(self, request: Request, wanted: Asked, send: Send) -> None:
        wanted = self._current(request, wanted)
        coding = GZIP if wanted.format.is_text and accepts_gzip(request) else None
        kept = await self._file(wanted, coding)
        try:
            await KeptResponse(wanted, kept, coding)(request.scope, request.receive, send)
        finally:
            self.kept.release(kept)

    def _current(self, request: Request, wanted: Asked) -> Asked:
        """What to answer with. The parts that a client fetches of a file must be of the same one."""
        found = self._latest.get(wanted.question)
        if found is not None and "range" in request.headers and self._is_kept(found):
            return found
        self._latest = {question: latest for question, latest in self._latest.items() if self._is_kept(latest)}
        self._latest[wanted.question] = wanted
        return wanted

    def _is_kept(self, wanted: Asked) -> bool:
        return self.kept.used_within(wanted.state, SAME_FILE_SECONDS)

    async def _file(self, wanted: Asked, coding: str | None) -> Kept:
        plain = await self.kept.obtain(wanted.state, partial(self._write, wanted))
        if coding is None:
            return plain
        try:
            return await self.kept.obtain(f"{wanted.state}-{coding}", partial(self._compress, plain.path))
        finally:
            self.kept.release(plain)

    async def _write(self, wanted: Asked, path: Path) -> None:
        await self._done(written(path, pieces(wanted.format, wanted.columns, wanted.batches())))

    async def _compress(self, source: Path, path: Path) -> None:
        await self._done(compressed(source, path))

    async def _done(self, steps: Generator[None]) -> None:
        with deadline(EXPORT_SECONDS):
            async with aclosing(self._threads.each(steps)) as each:
                async for _ in each:
                    pass

    async def _stream(self, request: Request, wanted: Asked, send: Send) -> None:
        if len(self._streams) >= STREAMS_MAX:
            raise Unavailable(BUSY)
        own = asyncio.current_task()
        assert own is not None
        self._streams.add(own)
        try:
            with deadline(EXPORT_SECONDS):
                await self._send(request, wanted, send)
        finally:
            self._streams.discard(own)

    async def _send(self, request: Request, wanted: Asked, send: Send) -> None:
        start = StreamResponse(wanted)
        if request.method == "HEAD":
            await start(request.scope, request.receive, send)
            return
        async with aclosing(self._threads.each(pieces(wanted.format, wanted.columns, wanted.batches()))) as found:
            # What fails before anything is sent can still be said.
            batch = await anext(found)
            await start.begin(send)
            try:
                # A client that takes nothing more would keep others from streaming, and the database from cleaning up.
                async with asyncio.timeout(EXPORT_SECONDS):
                    await send(_part(batch))
                    async for batch in found:
                        await send(_part(batch))
            except (RequestError, TimeoutError) as error:
                # The connection is closed before the end of the body, by which the client knows.
                reason = (
                    error if isinstance(error, RequestError) else f"it took longer than {EXPORT_SECONDS:.0f} seconds"
                )
                logger.error("the export of %s ended before its end: %s", wanted.file_name, reason)
                return
            await send({"type": "http.response.body"})


def _part(batch: Sequence[Piece]) -> Message:
    return {"type": "http.response.body", "body": b"".join(batch), "more_body": True}


def _not_allowed(request: Request) -> Response:
    message = f"{request.method} is not allowed for {request.url.path}; use GET or HEAD."
    return JSONResponse({"message": message}, HTTPStatus.METHOD_NOT_ALLOWED, {"Allow": ", ".join(_METHODS)})

"""Answers with a file that is kept: whole, in part, or that it has not changed."""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import format_datetime
from http import HTTPStatus

from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response
from starlette.types import Message, Receive, Scope, Send

from gateway.exports.asked import Asked
from gateway.exports.kept import Kept

GZIP = "gzip"

_TAG = re.compile(r'(?:W/)?"([^"]*)"')
_SEPARATOR = "-"

_WORDS = {
    HTTPStatus.BAD_REQUEST: "The header Range is malformed; use the form bytes=0-99, or leave it out.",
    HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE: "The header Range begins after the end of the file, whose length is in"
    " Content-Range.",
}


def accepts_gzip(request: Request) -> bool:
    """Whether the client accepts a compressed file. Parts of one would be of no use to it."""
    if "range" in request.headers:
        return False
    for coding in request.headers.get("accept-encoding", "").lower().split(","):
        name, _, parameters = coding.partition(";")
        if name.strip() == GZIP:
            return not re.fullmatch(r"\s*q=0(\.0*)?\s*", parameters)
    return False


def unchanged(request: Request, asked: Asked) -> Response | None:
    """304, if the client has the file as the ledger is now; else None."""
    wanted = request.headers.get("if-none-match")
    if wanted is None:
        return None
    for tag in _TAG.findall(wanted):
        if tag.partition(_SEPARATOR)[0] == asked.state:
            return Response(status_code=HTTPStatus.NOT_MODIFIED, headers={**_headers(asked.as_of), "ETag": f'"{tag}"'})
    return None


class KeptResponse(FileResponse):
    """The file, or the part of it that is asked for; a bad Range is refused in the words of this interface."""

    chunk_size = 256 * 1024

    def __init__(self, asked: Asked, kept: Kept, coding: str | None) -> None:
        headers = {
            **_headers(asked.as_of),
            "ETag": f'"{_SEPARATOR.join([asked.state, kept.name, *([coding] if coding else [])])}"',
            **({"Content-Encoding": coding} if coding else {}),
        }
        super().__init__(kept.path, headers=headers, media_type=asked.format.media_type, filename=asked.file_name)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        refused = False

        async def worded(message: Message) -> None:
            nonlocal refused
            if message["type"] == "http.response.start" and message["status"] in _WORDS:
                refused = True
                status = HTTPStatus(message["status"])
                kept = {name: value for name, value in message["headers"] if name == b"content-range"}
                headers = {name.decode(): value.decode() for name, value in kept.items()}
                await JSONResponse({"message": _WORDS[status]}, status, headers)(scope, receive, send)
            elif not refused:
                await send(message)

        await super().__call__(scope, receive, worded)


class StreamResponse(Response):
    """The beginning of the file as a stream, whose length is not known; called, it answers HEAD."""

    def __init__(self, asked: Asked) -> None:
        disposition = {"Content-Disposition": f'attachment; filename="{asked.file_name}"'}
        super().__init__(headers={**_headers(asked.as_of), **disposition}, media_type=asked.format.media_type)
        del self.headers["content-length"]

    async def begin(self, send: Send) -> None:
        """Send the status and the headers; the body follows."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})


def _headers(as_of: datetime) -> Mapping[str, str]:
    return {
        "Last-Modified": format_datetime(as_of, usegmt=True),
        "Cache-Control": "private, no-cache",
        "Vary": "Authorization, Accept-Encoding",
    }

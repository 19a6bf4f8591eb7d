"""The headers that trace a request: the caller's id and the gateway's."""

import re
from uuid import uuid4

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.rest.refusals import Category, Refused, reason

REQUEST_ID = "Zuora-Request-Id"
TRACK_ID = "Zuora-Track-Id"

_TRACK_ID = re.compile(r"""[^:;"'\x00-\x1f\x7f-\xff]{0,64}""")


class Tracing:
    """Gives each request an id, and returns both ids in every response."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request. An invalid track id is refused."""
        headers = {REQUEST_ID: str(uuid4())}
        scope.setdefault("state", {})["request_id"] = headers[REQUEST_ID]
        track_id = Headers(scope=scope).get(TRACK_ID)
        valid = track_id is None or _TRACK_ID.fullmatch(track_id)
        if track_id is not None and valid:
            headers[TRACK_ID] = track_id

        async def traced(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(headers)
            await send(message)

        if valid:
            await self._app(scope, receive, traced)
        else:
            message = f"{TRACK_ID}: send at most 64 characters of US-ASCII, without colon, semicolon and quotes."
            refusal = Refused(reason(Category.INVALID, message)).body(headers[REQUEST_ID])
            await JSONResponse(refusal.model_dump(by_alias=True))(scope, receive, traced)

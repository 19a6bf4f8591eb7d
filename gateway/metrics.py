"""Metrics, in the text format of Prometheus."""

from http import HTTPStatus

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.authentication import CHALLENGE, Authentication, address_of
from resolvers.errors import Unauthenticated, Unavailable
from schema.metrics import METRICS


class Metrics:
    """`/metrics`: how queries were answered. Where callers need a token, this needs one too, with any permissions."""

    def __init__(self, authentication: Authentication) -> None:
        self._authentication = authentication

    async def answer(self, request: Request) -> Response:
        """The metrics, or 401 or 503."""
        try:
            await self._authentication.caller(request.headers.get("authorization"), address_of(request))
        except Unauthenticated as error:
            return JSONResponse({"message": str(error)}, HTTPStatus.UNAUTHORIZED, CHALLENGE)
        except Unavailable as error:
            return JSONResponse({"message": str(error)}, HTTPStatus.SERVICE_UNAVAILABLE)
        return Response(generate_latest(METRICS), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

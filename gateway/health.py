"""Health checks: liveness and readiness."""

import logging

from starlette.requests import Request
from starlette.responses import JSONResponse

from resolvers.context import Gateway
from storage.database import DatabaseError
from storage.migration import check_version

logger = logging.getLogger(__name__)

REASON = "The ledger's database cannot be used; the gateway's log says why."


class Health:
    """`/healthz`: the process is running. `/readyz`: it can reach its database, whose tables have its version."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._logged: str | None = None

    async def alive(self, _request: Request) -> JSONResponse:
        """Always 200."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> JSONResponse:
        """200, or 503. Anyone may ask, so the reason, which may name the database, is in the log, once."""
        try:
            await self._gateway.statements.check(check_version)
        except DatabaseError as error:
            if str(error) != self._logged:
                self._logged = str(error)
                logger.error("Not ready: %s", error)
            return JSONResponse({"status": "unavailable", "reason": REASON}, status_code=503)
        self._logged = None
        return JSONResponse({"status": "ok"})

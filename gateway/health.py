"""Health checks: liveness and readiness."""

from starlette.requests import Request
from starlette.responses import JSONResponse

from resolvers.context import Gateway
from storage.database import DatabaseError
from storage.migration import check_version


class Health:
    """`/healthz`: the process is running. `/readyz`: it can reach its database, whose tables have its version."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def alive(self, _request: Request) -> JSONResponse:
        """Always 200."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> JSONResponse:
        """200, or 503 with the reason."""
        try:
            await self._gateway.statements.check(check_version)
        except DatabaseError as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ok"})

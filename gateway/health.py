"""Whether the gateway is alive, and whether it can answer."""

from anyio import to_thread
from starlette.requests import Request
from starlette.responses import JSONResponse

from resolvers.context import Gateway
from storage.database import DatabaseError
from storage.migration import check_version


class Health:
    """`/healthz`: the process runs. `/readyz`: it reaches its database, and the tables are of its version."""

    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway

    async def alive(self, _request: Request) -> JSONResponse:
        """Always 200: whoever can answer is alive."""
        return JSONResponse({"status": "ok"})

    async def ready(self, _request: Request) -> JSONResponse:
        """200, or 503 with the reason."""
        try:
            await to_thread.run_sync(check_version, self._gateway.database)
        except DatabaseError as error:
            return JSONResponse({"status": "unavailable", "reason": str(error)}, status_code=503)
        return JSONResponse({"status": "ok"})

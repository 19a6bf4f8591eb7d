"""Serving an ASGI application as the gateway serves its own: the same server, event loop and parser."""

import logging

import uvicorn
from starlette.applications import Starlette

from gateway.server import listen


def serve(application: Starlette, port: int) -> None:
    """Serve on the loopback address until the process is ended."""
    config = uvicorn.Config(application, log_level=logging.WARNING)
    uvicorn.Server(config).run(sockets=[listen("127.0.0.1", port)])

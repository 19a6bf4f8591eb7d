"""Metrics, in the text format of Prometheus."""

from prometheus_client import generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from starlette.requests import Request
from starlette.responses import Response

from schema.metrics import METRICS


async def metrics(_request: Request) -> Response:
    """`/metrics`: how queries were answered."""
    return Response(generate_latest(METRICS), headers={"Content-Type": CONTENT_TYPE_PLAIN_0_0_4})

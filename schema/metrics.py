"""What is counted of queries."""

from prometheus_client import CollectorRegistry, Counter

METRICS = CollectorRegistry()
"""The metrics of this process."""

QUERIES = Counter(
    "journal_gateway_queries",
    "GraphQL queries by how they were answered: `plan`, by one statement; otherwise why they went the stock way.",
    ["answered"],
    registry=METRICS,
)

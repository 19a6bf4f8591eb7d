"""What has to be known to read the tables."""

import os
import platform
import sqlite3
from importlib.metadata import version

from bench.reads.install import node_packages, python_packages
from bench.reads.measure import SLOW_ROUNDS, SLOW_SECONDS, Plan


def introduction(plan: Plan) -> list[str]:
    """What is measured, on what, and how."""
    return [
        "Written by `python -m bench reads`. `python -m bench reads --quick` shows that everything runs.",
        "",
        f"Each server is one process. {os.cpu_count()} cores are shared by the client, the server, the database and"
        " whatever else the machine does, so trust ratios and processor time more than times.",
        "",
        "* hand-written: an endpoint for each document with Starlette, orjson and the plain driver, served by uvicorn"
        " as the gateway is. It gives the same data and nothing else: no GraphQL, no permissions, no next page.",
        "* gateway; and with plans off: stock Strawberry with the same schema.",
        "* Ariadne on uvicorn, and graphql-js behind graphql-http on Node: the same schema, with resolvers for these"
        " documents alone and loaders over rows of the plain driver. Documents are parsed and validated once.",
        "* PostGraphile: its own schema of the tables. Amounts are in minor units, words as they are stored, segments"
        " one JSON value, and transactions within their buckets.",
        "",
        "Before anything is timed, answers are compared. All are equal to the gateway's; of PostGraphile's, the numbers"
        " of rows and values are below.",
        "",
        f"The servers take turns: {plan.rounds} rounds of {plan.seconds} s for each document, and {SLOW_ROUNDS} for a"
        f" server that needs more than {SLOW_SECONDS:.0f} s to answer one request of every client. Each part begins"
        " with how many times as long a request takes as at the hand-written endpoint in the same round: the median of"
        " the rounds (the lowest to the highest); then the same for processor time over all rounds. The last table has"
        " the ratio of the fastest requests, or with more clients of the best rounds; the median of requests a second;"
        " and over all rounds the delays (p99 of few requests is the slowest), processor time per request and, with"
        " more clients, the delay of the server's own health check meanwhile.",
        "",
        f"Versions: {', '.join(_versions())}.",
        "",
    ]


def _versions() -> list[str]:
    product = ("orjson", "strawberry-graphql", "graphql-core", "starlette", "uvicorn", "psycopg")
    return [
        f"Python {platform.python_version()}",
        f"SQLite {sqlite3.sqlite_version}",
        *(f"{name} {version(name)}" for name in product),
        *python_packages(),
        *node_packages(),
    ]

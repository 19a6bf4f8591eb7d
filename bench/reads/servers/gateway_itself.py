"""The gateway, with plans or without: URL PORT on|off."""

import sys

from gateway.application import Application
from gateway.server import listen, serve
from schema.planning import Planning
from schema.schema import SCHEMA
from storage.database import Database


def main(url: str, port: str, plans: str) -> None:
    """Serve the ledger at the URL."""
    SCHEMA.planning = Planning[plans.upper()]
    serve(Application(Database(url)), listen("127.0.0.1", int(port)))


if __name__ == "__main__":
    main(*sys.argv[1:])

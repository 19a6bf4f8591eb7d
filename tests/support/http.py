"""GraphQL requests over HTTP, byte by byte."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gateway.application import Application
from storage.database import Database
from storage.migration import migrate
from tests.support.client import Client
from tests.support.ledger import fill
from tests.support.served import served

JSON = {"Content-Type": "application/json"}


CREATE = """mutation { createJournalRun(input: { accountingPeriodName: "Dec 2024", journalEntryDate: "2024-12-31",
  transactionTypes: [INVOICE_ITEM] }) { journalRun { number } errors { code } } }"""


RUNS = "{ journalRuns { totalCount } }"


# Documents without an executable operation, and the code of the error.
REFUSED = {
    "a document cut off": ("{", "GRAPHQL_PARSE_FAILED"),
    "a subscription cut off": ("subscription{", "GRAPHQL_PARSE_FAILED"),
    "a document that speaks of tokens": ("{ __typename } tokens", "GRAPHQL_PARSE_FAILED"),
    "an empty document": (" ", "GRAPHQL_PARSE_FAILED"),
    "too many tokens": ("{" + " __typename" * 5_001 + "}", "GRAPHQL_PARSE_FAILED"),
    "nesting without end": ("{a" * 2_000, "GRAPHQL_PARSE_FAILED"),
    "an unknown field": ("{ nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "an unknown fragment": ("{ ...Nothing }", "GRAPHQL_VALIDATION_FAILED"),
    "a chain of fragments": (
        "{ ...F0 }"
        + "".join(f"fragment F{n} on Query{{...F{n + 1}}}" for n in range(600))
        + "fragment F600 on Query{a}",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "a circle of fragments": ("{ ...A } fragment A on Query { ...A }", "GRAPHQL_VALIDATION_FAILED"),
    "nesting beyond the limit": (
        "{ journalRuns { nodes { " + "journalEntries { nodes { journalRun { " * 6 + "number" + " } } }" * 6 + " } } }",
        "GRAPHQL_VALIDATION_FAILED",
    ),
    "too many aliases": ("{" + "".join(f" a{n}: __typename" for n in range(101)) + "}", "GRAPHQL_VALIDATION_FAILED"),
    "an integer of thousands of digits": (
        "{ journalRuns(first: " + "1" * 5_000 + ") { totalCount } }",
        "BAD_USER_INPUT",
    ),
    "no operation": ("fragment A on Query { __typename }", "BAD_USER_INPUT"),
    "several operations and no name": (f"query A {RUNS} query B {RUNS}", "BAD_USER_INPUT"),
    "a mutation behind a query": (f"query A {RUNS} {CREATE.replace('mutation', 'mutation B', 1)}", "BAD_USER_INPUT"),
}


@contextmanager
def ledger_served(folder: Path) -> Iterator[Client]:
    """A client of a gateway on a filled ledger. The transports do not depend on the database: one is enough."""
    database = Database(f"sqlite:///{folder}/ledger.db")
    migrate(database)
    fill(database)
    with served(Application(database), database) as connected:
        yield connected
    database.close()

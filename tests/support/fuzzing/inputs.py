"""Inputs of every kind, each brought back by its seed alone."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from graphql import build_schema
from hypothesis import HealthCheck, Phase, Verbosity, given, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis_graphql import from_schema, nodes
from websockets.frames import Frame, Opcode

from gateway.rest.application import ENDPOINTS
from gateway.rest.openapi import description
from schema.schema import SCHEMA
from tests.support.fuzzing.mutations import ODD_VALUES, in_bytes, in_document, in_value
from tests.support.fuzzing.reports import report

HOST = b"127.0.0.1"

MULTIPART = b"multipart/mixed;subscriptionSpec=1.0"
ACCEPTED = [b"*/*", b"application/json", b"application/graphql-response+json", b"text/event-stream", MULTIPART]

KNOWN = {
    "jr-number": "JR-00000001", "je-number": "JE-00000003", "ap-id": "1", "ac-id": "1",
}  # fmt: skip
"""What parts of paths may be."""

MUTATIONS = [
    """mutation { createJournalRun(input: {accountingPeriodName: "Dec 2024", journalEntryDate: "2024-12-31",
    transactionTypes: [INVOICE_ITEM], organizationLabels: ["North"], idempotencyKey: "a"}) { journalRun { number status
    journalEntries { nodes { number totalDebit items { amount } } } } errors { code message field } } }""",
    'mutation { cancelJournalRun(input: {number: "JR-00000001"}) { journalRun { number } errors { code message } } }',
    'mutation { deleteJournalRun(input: {number: "JR-00000001"}) { deletedNumber errors { code message } } }',
    """mutation { setTransferredToAccounting(input: {journalEntryNumbers: ["JE-00000001"],
    transferredToAccounting: YES}) { journalEntries { number transferredAt } errors { code message } } }""",
    'subscription { entryCancelOutcomes(number: "JR-00000001") { sequence journalEntry { number } } }',
    "query($n: String!, $first: Int) { journalRun(number: $n) { journalEntries(first: $first) { nodes { id } } } }",
]
TRANSACTION = {
    "transactionId": "T-1", "transactionType": "INVOICE_ITEM", "transactionDate": "2024-12-05", "amount": "10.00",
    "currency": "GBP", "debitAccount": "Accounts Receivable", "creditAccount": "Sales", "organizationLabel": "North",
    "segments": [{"name": "country", "value": "UK"}],
}  # fmt: skip
SCALARS = {
    "Date": st.sampled_from(["2024-12-05", "2024-02-30", ""]).map(nodes.String),
    "DateTime": st.just("2024-12-05T00:00:00+00:00").map(nodes.String),
    "Decimal": st.sampled_from(["10.00", "-0.001", "1e5"]).map(nodes.String),
}
RECORD = """mutation($given: RecordTransactionsInput!) { recordTransactions(input: $given) {
  recordedCount duplicateCount errors { code message field } } }"""

CSV = (
    "transaction_id,transaction_type,transaction_date,amount,currency,debit_account,credit_account,segment.country\n"
    'F-1,Invoice Item,2024-12-05,"10.00",GBP,Accounts Receivable,Sales,UK\n'
    "F-2,Invoice Item,2024-12-06,-2.50,EUR,Cash,Services,\n"
    "F-2,Taxation Item,2024-12-06,7,JPY,Cash,Tax Payable,FR\n"
)


@dataclass(frozen=True, slots=True)
class Input:
    """What is sent on a connection of its own. If it is not `whole`, the server may wait for more of it."""

    seed: str
    kind: str
    sent: bytes
    whole: bool


@dataclass(frozen=True, slots=True)
class FileInput:
    """A file to be imported, by the ending of its name."""

    seed: str
    ending: str
    content: bytes


class Inputs:
    """Makes inputs from valid ones: documents that hypothesis-graphql writes for the schema, and known requests."""

    def __init__(self, seed: int, documents: int) -> None:
        """Begins with so many valid documents."""
        self._seed = seed
        self._documents = [*valid_documents(seed, documents), *MUTATIONS]
        self._operations = list(_operations())

    def make(self, number: int) -> Input:
        """The input with that number."""
        seed = f"{self._seed}/{number}"
        random = Random(seed)  # noqa: S311
        makers = {"GraphQL": self._graphql, "WebSocket": self._websocket, "REST": self._rest, "Reports": self._reports}
        kind = random.choice([*makers, "GraphQL"])
        sent = makers[kind](random)
        whole = random.random() < 0.9
        return Input(seed, kind, sent if whole else in_bytes(random, sent), whole)

    def make_file(self, number: int) -> FileInput:
        """The file with that number."""
        seed = f"{self._seed}/file {number}"
        random = Random(seed)  # noqa: S311
        ending, text = random.choice([(".csv", CSV), (".ndjson", _ndjson(random))])
        return FileInput(seed, ending, in_bytes(random, text.encode()))

    def _request(self, random: Random) -> dict[str, Any]:
        """The parameters of a GraphQL request."""
        if random.random() < 0.15:
            transactions = [{**TRANSACTION, "transactionId": f"T-{random.randrange(999)}"} for _ in range(3)]
            given: dict[str, Any] = {"query": RECORD, "variables": {"given": {"transactions": transactions}}}
            return {**given, "variables": in_value(random, given["variables"])}
        document = random.choice(self._documents)
        if random.random() < 0.7:
            document = in_document(random, document, self._documents)
        variables = {"n": random.choice(ODD_VALUES), "first": random.choice(ODD_VALUES), "x": True}
        request: dict[str, Any] = {"query": document, "variables": variables, "operationName": None}
        if random.random() < 0.2:
            request["extensions"] = {"persistedQuery": {"version": 1, "sha256Hash": "0" * 64}}
        return in_value(random, request) if random.random() < 0.2 else request

    def _graphql(self, random: Random) -> bytes:
        body = json.dumps(self._request(random)).encode()
        if random.random() < 0.15:
            body = in_bytes(random, body)
        accept = random.choice(ACCEPTED if random.random() < 0.95 else [b"x", b"\xff", b"text/html", b"*/*;q=0"])
        return _http(b"POST", b"/graphql", body, b"Accept: %b\r\n" % accept)

    def _websocket(self, random: Random) -> bytes:
        protocol = random.choice([b"graphql-transport-ws", b"graphql-transport-ws", b"graphql-ws", b"none"])
        messages: list[Any] = [{"type": "connection_init", "payload": {}}]
        for number in range(random.randint(1, 4)):
            message = {"type": "subscribe", "id": str(number % 3), "payload": self._request(random)}
            messages.append(in_value(random, message) if random.random() < 0.3 else message)
            if random.random() < 0.3:
                messages.append({"type": random.choice(["ping", "pong", "complete", "stop", ""]), "id": "0"})
        if random.random() < 0.2:
            random.shuffle(messages)
        frames = b"".join(_frame(random, json.dumps(message).encode()) for message in messages)
        return _handshake(protocol) + frames + Frame(Opcode.CLOSE, b"\x03\xe8").serialize(mask=True)

    def _rest(self, random: Random) -> bytes:
        method, path, body = random.choice(self._operations)
        for name, value in KNOWN.items():
            odd = str(random.choice(ODD_VALUES)).encode(errors="replace").hex("%", 1)
            path = path.replace(f"{{{name}}}", value if random.random() < 0.7 else "%" + odd[:600])
        if random.random() < 0.3:
            path += random.choice(["?page=0", "?pageSize=99999999999", "?page=2&pageSize=1", "?x", "?%ff=%00", "/"])
        content = json.dumps(in_value(random, body) if random.random() < 0.7 else body).encode() if body else b""
        extra = random.choice([b"", b"Idempotency-Key: a\r\n", b"Zuora-Track-Id: %b\r\n" % (b"x" * 80)])
        return _http(method.encode(), path.encode(), content, extra)

    def _reports(self, random: Random) -> bytes:
        method, address, headers = report(random)
        return _http(method, address, b"", headers)


def valid_documents(seed: int, count: int) -> list[str]:
    """So many documents that the schema permits."""
    found: list[str] = []

    @seeded(seed)
    @settings(
        max_examples=count, database=None, deadline=None, phases=[Phase.generate], verbosity=Verbosity.quiet,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(from_schema(build_schema(SCHEMA.as_str()), custom_scalars=SCALARS))
    def collect(document: str) -> None:
        found.append(document)

    collect()
    return found


def _operations() -> Any:
    bodies = {
        "/v1/journal-runs": {
            "accountingPeriodName": "Dec 2024", "journalEntryDate": "2024-12-31",
            "transactionTypes": [{"type": "Invoice Item"}], "organizationLabels": [{"organizationName": "North"}],
        },
        "/v1/journal-entries/{je-number}/basic-information": {"notes": "x", "transferredToAccounting": "No"},
    }  # fmt: skip
    for path, methods in description(ENDPOINTS)["paths"].items():
        for method in methods:
            yield method.upper(), path, bodies.get(path) if method in ("post", "put") else None


def _ndjson(random: Random) -> str:
    line = {
        "transaction_id": "N-1", "transaction_type": "Invoice Item", "transaction_date": "2024-12-05", "amount": "1.00",
        "currency": "GBP", "debit_account": "Cash", "credit_account": "Sales",
    }  # fmt: skip
    return "\n".join(json.dumps(in_value(random, {**line, "transaction_id": f"N-{n}"})) for n in range(3))


def _http(method: bytes, path: bytes, body: bytes, more: bytes = b"") -> bytes:
    head = b"%b %b HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n%b" % (method, path, HOST, more)
    if body:
        head += b"Content-Type: application/json\r\nContent-Length: %d\r\n" % len(body)
    return head + b"\r\n" + body


def _handshake(protocol: bytes) -> bytes:
    return (
        b"GET /graphql HTTP/1.1\r\nHost: %b\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
        b"Sec-WebSocket-Protocol: %b\r\n\r\n" % (HOST, protocol)
    )


def _frame(random: Random, text: bytes) -> bytes:
    opcode = Opcode.TEXT if random.random() < 0.95 else random.choice([Opcode.BINARY, Opcode.PING, Opcode.CONT])
    fin = random.random() < 0.95 or opcode is Opcode.PING
    return Frame(opcode, text[:125] if opcode is Opcode.PING else text, fin).serialize(mask=True)


def text_of(sent: Sequence[int] | bytes, most: int = 2_000) -> str:
    """The bytes, to be read by people."""
    shown = bytes(sent[:most]).decode(errors="backslashreplace")
    return shown + ("..." if len(sent) > most else "")

"""Authentication, permissions, and the name that the audit trail records."""

import asyncio
import json
import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import aclosing, closing
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import httpx
import pytest
from sqlmodel import select
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

from gateway.application import Application
from gateway.authentication import MALFORMED_BASIC, WRONG_BASIC
from resolvers.access import STANDARD, Credential, KeyRefused, create_api_key, identify, list_api_keys, revoke_api_key
from resolvers.errors import Unauthenticated
from storage.api_keys import AccessToken, ApiKey
from storage.audit import events_of
from storage.columns import now
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.command import run, run_here
from tests.support.ledger import line, post
from tests.support.processes import running
from tests.support.served import served
from tests.support.subscriber import TRANSPORTS, Disconnected, Refused, follow, websocket
from tests.support.subscriptions import PROGRESS, UPDATES
from tests.support.tokens import exchange, new_token

NEEDED = "Send the header Authorization: Bearer TOKEN, with a token from POST /oauth/token."
MALFORMED = "The Authorization header is malformed; use the form Bearer TOKEN."
UNKNOWN = "The access token is unknown, expired or revoked; get a new one from POST /oauth/token."
TYPENAME = {"query": "{ __typename }"}
ACCEPTS = ["application/json", "text/event-stream", 'multipart/mixed;boundary="graphql";subscriptionSpec=1.0']


@pytest.fixture
def guarded(database: Database) -> Iterator[Client]:
    """A client without a token, of a gateway that requires one."""
    with served(Application(database, require_api_key=True), database) as connected:
        yield connected


def expire(database: Database) -> None:
    """Make every token expire now."""
    with database.write() as session:
        for token in session.exec(select(AccessToken)):
            token.expires_at = now() - timedelta(seconds=1)


def refusal(message: str) -> dict[str, Any]:
    """The body of a response to an unauthenticated caller."""
    return {"errors": [{"message": message, "extensions": {"code": "UNAUTHENTICATED"}}]}


def assert_refused(url: str, authorization: str | None, message: str) -> None:
    """A caller with this header is refused: by POST, GET, server-sent events, multipart and WebSocket."""
    headers = {} if authorization is None else {"Authorization": authorization}
    with httpx.Client(base_url=url, headers=headers) as http:
        answers = [http.post("/graphql", json=TYPENAME, headers={"Accept": accept}) for accept in ACCEPTS]
        answers.append(http.get("/graphql", params=TYPENAME))
        for answer in answers:
            assert (answer.status_code, answer.headers["WWW-Authenticate"]) == (401, "Bearer")
            assert answer.json() == refusal(message)
        assert '<div id="graphiql">' in http.get("/graphql", headers={"Accept": "text/html"}).text
        assert http.get("/readyz").status_code == 200
    protocol = Subprotocol("graphql-transport-ws")
    address = url.replace("http", "ws", 1) + "/graphql"
    with connect(address, subprotocols=[protocol], additional_headers=headers) as connection:
        connection.send(json.dumps({"type": "connection_init"}))
        with pytest.raises(ConnectionClosed) as closed:
            connection.recv()
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, message)


def test_a_token_is_given_for_the_right_id_and_secret_of_a_live_key_only(database: Database) -> None:
    key, secret = create_api_key(database, "Month end", STANDARD, actor="test")
    assert len(secret) <= 42
    expire_me = exchange(database, key.client_id, secret)
    expire(database)
    token = exchange(database, key.client_id.upper(), secret)
    assert (token.expires_in, token.access_token != expire_me.access_token) == (3600, True)
    assert token.scope.split() == [permission.name.lower() for permission in Permission if permission in STANDARD]
    assert token.access_token not in repr(token)
    with database.read() as session:
        (stored,) = session.exec(select(AccessToken)).all()
        assert timedelta(seconds=3500) < stored.expires_at - now() <= timedelta(seconds=3600)
        everything = repr([stored, *session.exec(select(ApiKey))])
    assert secret not in everything
    assert token.access_token not in everything

    other, other_secret = create_api_key(database, "Other", STANDARD, actor="test")
    revoke_api_key(database, other.client_id, actor="test")
    messages = set()
    for client_id, tried in [
        ("00000000-0000-0000-0000-000000000000", secret),
        ("\0\ud800", secret),
        (key.client_id, other_secret),
        (key.client_id, "\ud800"),
        (key.client_id, ""),
        (other.client_id, other_secret),
    ]:
        with pytest.raises(Unauthenticated) as refused:
            exchange(database, client_id, tried)
        messages.add(str(refused.value))
    assert messages == {
        "The client id or secret is wrong, or the API key has been revoked; check them, or use another API key."
    }


def test_an_expired_key_gets_no_token_and_its_tokens_end_with_it(database: Database) -> None:
    end = now() + timedelta(seconds=100)
    key, secret = create_api_key(database, "Month end", STANDARD, expires_at=end, organizations=["B", "A"], actor="Ada")
    gateway = Application(database).gateway
    token = exchange(database, key.client_id, secret)
    assert 90 < token.expires_in <= 100
    caller = asyncio.run(identify(gateway, token.access_token))
    assert (caller.organizations, caller.credential) == (frozenset({"A", "B"}), Credential(end, ANY))
    with database.read() as session:
        (event,) = events_of(session, "ApiKey", key.client_id)
        assert event.after is not None
        assert (event.after["organizations"], event.after["expires_at"]) == (["A", "B"], end.isoformat())
    with database.write() as session:
        # The token alone would be valid for longer.
        session.exec(select(ApiKey)).one().expires_at = now() - timedelta(seconds=1)
    with pytest.raises(Unauthenticated, match="unknown, expired or revoked"):
        asyncio.run(identify(gateway, token.access_token))
    with pytest.raises(Unauthenticated, match=r"The API key 'Month end' expired on \d{4}-\d\d-\d\d \d\d:\d\d UTC; ask"):
        exchange(database, key.client_id, secret)
    with pytest.raises(Unauthenticated, match="The client id or secret is wrong"):
        exchange(database, key.client_id, "guess")


def test_a_key_that_could_never_be_used_is_not_created(database: Database) -> None:
    for wrong, reason in [
        ({"expires_at": now()}, "has passed; give a day after today"),
        ({"organizations": ["A", " "]}, "has 0 characters; it has 1 to 255"),
        ({"organizations": ["x" * 256]}, "has 256 characters; it has 1 to 255"),
        ({"organizations": ["a\nb"]}, "the organisation 'a\\\\nb': character 2 is LINE FEED"),
    ]:
        with pytest.raises(KeyRefused, match=reason):
            create_api_key(database, "New", STANDARD, actor="Ada", **wrong)  # type: ignore[arg-type]
    assert list_api_keys(database) == []


def test_key_names_are_unique_and_creation_and_revocation_are_audited(database: Database) -> None:
    key, _ = create_api_key(database, "x" * 100, [Permission.IMPORT_TRANSACTIONS], actor="Ada")
    for name, reason in [
        ("x" * 100, "already"),
        ("x" * 101, "101 characters; the maximum is 100"),
        (" ", "empty"),
        ("a\nb", "is invisible"),
    ]:
        with pytest.raises(KeyRefused, match=reason):
            create_api_key(database, name, STANDARD, actor="Ada")
    revoke_api_key(database, key.client_id, actor="Grace")
    for client_id, reason in [
        (key.client_id, "was already revoked"),
        ("no-id", "no API key has the client id"),
    ]:
        with pytest.raises(KeyRefused, match=reason):
            revoke_api_key(database, client_id, actor="Grace")
    again, _ = create_api_key(database, "x" * 100, STANDARD, actor="Ada")
    with pytest.raises(KeyRefused, match="already exists; use another name, or revoke that key first"):
        create_api_key(database, "x" * 100, STANDARD, actor="Ada")
    assert [(row.name, row.client_id, row.revoked_at is None) for row in list_api_keys(database)] == [
        ("x" * 100, key.client_id, False),
        ("x" * 100, again.client_id, True),
    ]
    with database.read() as session:
        trail = [(event.actor, event.action, event.after) for event in events_of(session, "ApiKey", key.client_id)]
    assert trail == [
        ("Ada", "create", {"name": "x" * 100, "permissions": ["Import transactions"]}),
        ("Grace", "revoke", {"revoked": True}),
    ]


def test_where_keys_are_required_only_a_live_token_is_accepted(guarded: Client) -> None:
    _, token = new_token(guarded.database)
    assert_refused(guarded.url, None, NEEDED)
    for authorization in (token, "Bearer"):
        assert_refused(guarded.url, authorization, MALFORMED)
    assert_refused(guarded.url, f"Basic {token}", MALFORMED_BASIC)
    assert_refused(guarded.url, f"Basic {b64encode(b'user:nonsense').decode()}", WRONG_BASIC)
    assert_refused(guarded.url, "Bearer nonsense", UNKNOWN)
    with Client(guarded.url, guarded.database, token) as client:
        assert client.query("{ __typename }") == {"__typename": "Query"}
    expire(guarded.database)
    assert_refused(guarded.url, f"Bearer {token}", UNKNOWN)
    other, other_token = new_token(guarded.database, name="Other")
    revoke_api_key(guarded.database, other.client_id, actor="test")
    assert_refused(guarded.url, f"bearer {other_token}", UNKNOWN)


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_an_open_gateway_accepts_anonymous_callers_but_no_invalid_token(client: Client) -> None:
    _, token = new_token(client.database, Permission.VIEW_JOURNAL_RUNS)
    assert client.query("{ journalEntries { totalCount } }") == {"journalEntries": {"totalCount": 0}}
    assert_refused(client.url, "Bearer nonsense", UNKNOWN)
    with Client(client.url, client.database, token) as holder:
        assert holder.send("{ journalEntries { totalCount } }")["errors"][0]["extensions"] == {"code": "FORBIDDEN"}


def test_a_key_acts_under_its_name_and_only_within_its_permissions(guarded: Client) -> None:
    post(guarded.database, [line("a")])
    key, token = new_token(guarded.database)
    with Client(guarded.url, guarded.database, token) as client:
        number = client.completed()["number"]
        (entry,) = client.entries(number)
        assert client.transfer([entry["number"]])["journalEntries"][0]["transferredBy"] == "Month end"
    with Client(guarded.url, guarded.database, new_token(guarded.database, *Permission, name="All")[1]) as client:
        client.transfer([entry["number"]], "NO")
    with Client(guarded.url, guarded.database, token) as client:
        client.cancel(number)
        before = client.wait(number, "CANCELLED")

        document = "mutation($number: String!) { deleteJournalRun(input: {number: $number}) { deletedNumber } }"
        answer = client.send(document, {"number": number})

        assert answer["data"] is None
        (error,) = answer["errors"]
        assert error["extensions"] == {"code": "FORBIDDEN"}
        assert error["message"] == (
            "Month end lacks the permission 'Delete Cancelled Journal Run';"
            " ask the administrator of this gateway for an API key or a role that has it."
        )
        assert client.run(number) == before
    with guarded.database.read() as session:
        trail = [(event.actor, event.action) for event in events_of(session, "JournalRun", number)]
    assert (f"API key Month end, client id {key.client_id}", "create") in trail
    assert (f"API key Month end, client id {key.client_id}", "cancel") in trail
    assert {action for _, action in trail}.isdisjoint({"delete"})


RUN_INPUT = 'transactionTypes: [INVOICE_ITEM], accountingPeriodName: "Dec 2024", journalEntryDate: "2024-12-31"'
GUARDED = {
    '{ journalRun(number: "JR-00000001") { number } }': "View journal runs",
    '{ node(id: "JR-00000001") { id } }': "View journal runs",
    "{ journalRuns { totalCount } }": "View journal runs",
    f"mutation {{ createJournalRun(input: {{{RUN_INPUT}}}) {{ errors {{ code }} }} }}": "Create Journal Run",
    'mutation { cancelJournalRun(input: {number: "JR-00000001"}) { errors { code } } }': "Cancel Journal Run",
    'mutation { deleteJournalRun(input: {number: "JR-00000001"}) { errors { code } } }': "Delete Cancelled Journal Run",
    '{ journalEntry(number: "JE-00000001") { number } }': "View journal entries",
    '{ node(id: "JE-00000001") { id } }': "View journal entries",
    "{ journalEntries { totalCount } }": "View journal entries",
    "{ transactions { nodes { transactionId } } }": "View journal entries",
    "{ transactions { totalCount } }": "View journal entries",
    '{ transaction(transactionId: "a") { amount } }': "View journal entries",
    '{ node(id: "Transaction:a") { id } }': "View journal entries",
    '{ node(id: "Cancellation:1") { id } }': "View journal runs",
    """mutation { setTransferredToAccounting(
      input: {journalEntryNumbers: ["JE-00000001"], transferredToAccounting: ERROR}) { errors { code } } }""": (
        "Transfer journal entries"
    ),
    'mutation { cancelJournalEntry(input: {number: "JE-00000001"}) { errors { code } } }': "Cancel journal entries",
    """mutation { updateJournalEntry(input: {number: "JE-00000001", notes: "x"}) { errors { code } } }""": (
        "Create journal entries"
    ),
    """mutation { updateJournalEntry(
      input: {number: "JE-00000001", transferredToAccounting: NO}) { errors { code } } }""": (
        "Transfer journal entries"
    ),
    """mutation { recordTransactions(input: {transactions: [{
      transactionId: "b", transactionType: INVOICE_ITEM, transactionDate: "2024-12-05", amount: "1", currency: "GBP",
      debitAccount: "Accounts Receivable", creditAccount: "Sales"}]}) { recorded } }""": "Import transactions",
    "{ accountingPeriods { totalCount } accountingCodes { totalCount } }": None,
    '{ accountingPeriod(name: "Dec 2024") { id } accountingCode(name: "Cash") { id } viewer { name } }': None,
}


def test_everything_but_periods_and_codes_needs_the_permission_it_names(guarded: Client) -> None:
    database = guarded.database
    post(database, [line("a")])
    tokens = {p: new_token(database, p, name=p.value)[1] for p in Permission}
    with Client(guarded.url, database, new_token(database, *Permission, name="All")[1]) as client:
        number = client.completed()["number"]
    drill_down = '{ journalRun(number: "JR-00000001") { journalEntries { totalCount } } }'
    with Client(guarded.url, database, tokens[Permission.VIEW_JOURNAL_RUNS]) as client:
        (error,) = client.send(drill_down)["errors"]
    assert "lacks the permission 'View journal entries'" in error["message"]
    for document, needed in GUARDED.items():
        for permission in (Permission.MANAGE_ACCOUNTING_PERIODS, *([Permission(needed)] if needed else [])):
            with Client(guarded.url, database, tokens[permission]) as client:
                answer = client.send(document)
            if needed in (None, permission.value):
                assert "errors" not in answer, answer
                continue
            assert answer["errors"][0]["extensions"] == {"code": "FORBIDDEN"}
            assert re.search(rf"lacks the permissions? .*'{needed}'", answer["errors"][0]["message"])

    async def follow_without_permission(document: str) -> None:
        transport = partial(websocket, token=tokens[Permission.CREATE_JOURNAL_RUN])
        async with aclosing(follow(transport, guarded.url, document, run=number)) as followed:
            with pytest.raises(Refused) as refused:
                await anext(followed)
        assert refused.value.code == "FORBIDDEN"

    for document in (UPDATES, PROGRESS):
        asyncio.run(follow_without_permission(document))


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_websocket_takes_the_token_from_header_or_payload_until_it_is_revoked(
    guarded: Client,
) -> None:
    post(guarded.database, [line("a")])
    key, token = new_token(guarded.database)
    with Client(guarded.url, guarded.database, token) as client:
        number = client.completed()["number"]

    async def first(transport: Any, **shown: Any) -> str:
        async with aclosing(follow(partial(transport, **shown), guarded.url, UPDATES, run=number)) as followed:
            status: str = (await anext(followed))["status"]
            return status

    for transport in TRANSPORTS.values():
        assert asyncio.run(first(transport, token=token)) == "COMPLETED"
    for name in ("Authorization", "authorization"):
        assert asyncio.run(first(websocket, init={name: f"Bearer {token}"})) == "COMPLETED"
    # The header takes precedence over the payload.
    assert asyncio.run(first(websocket, token=token, init={"Authorization": "Bearer nonsense"})) == "COMPLETED"
    for init in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": token}, {"Authorization": 1}):
        with pytest.raises(Disconnected) as disconnected:
            asyncio.run(first(websocket, init=init))
        assert disconnected.value.code == 4403

    address = guarded.url.replace("http", "ws", 1) + "/graphql"
    with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:

        def send(**message: Any) -> Any:
            connection.send(json.dumps(message))
            return json.loads(connection.recv())["type"]

        assert send(type="connection_init", payload={"Authorization": f"Bearer {token}"}) == "connection_ack"
        assert send(type="subscribe", id="1", payload=TYPENAME) == "next"
        assert json.loads(connection.recv())["type"] == "complete"
        revoke_api_key(guarded.database, key.client_id, actor="test")
        with pytest.raises(ConnectionClosed) as closed:
            send(type="subscribe", id="2", payload=TYPENAME)
        assert closed.value.rcvd is not None
        assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, UNKNOWN)


def test_keys_are_made_listed_and_revoked_on_the_command_line(database: Database, tmp_path: Path) -> None:
    where = ("--database", database.url.render_as_string(hide_password=False))
    done = run_here(tmp_path, "api-key", "create", "Month end", *where)
    assert (done.returncode, done.stderr) == (0, "")
    told = re.fullmatch(
        r"API key 'Month end', permissions: standard\nclient id: (\S{36})\nclient secret: (\S{1,42})\n"
        r"Save the secret now: it is not stored and cannot be shown again\.\n",
        done.stdout,
    )
    assert told, done.stdout
    assert exchange(database, told[1], told[2]).expires_in == 3600
    some = ["--permission", "Import transactions", "--permission", "View journal runs"]
    assert run_here(tmp_path, "api-key", "create", "Loader", *some, *where).returncode == 0
    limits = ["--organization", "Germany", "--organization", " France ", "--expires", "2099-01-31"]
    done = run_here(tmp_path, "api-key", "create", "Root", "--all-permissions", *limits, *where)
    assert done.returncode == 0
    assert "\norganisations: France, Germany\nexpires: 2099-01-31 00:00 UTC\n" in done.stdout

    done = run_here(tmp_path, "api-key", "revoke", told[1], *where)
    assert (done.returncode, done.stdout) == (0, "API key 'Month end' and its tokens are revoked.\n")
    done = run_here(tmp_path, "api-key", "revoke", told[1], *where)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("error: API key 'Month end' was already revoked, on ")

    done = run_here(tmp_path, "api-key", "list", *where)
    _, *rows = [re.split(r" {2,}", text.strip()) for text in done.stdout.splitlines()]
    month_end, loader, root = list_api_keys(database)
    minute = "%Y-%m-%d %H:%M"
    assert rows == [
        [
            "Month end",
            told[1],
            "standard",
            "all",
            f"{month_end.created_at:{minute}}",
            "never",
            f"{month_end.revoked_at:{minute}}",
        ],
        [
            "Loader",
            loader.client_id,
            "View journal runs, Import transactions",
            "all",
            f"{loader.created_at:{minute}}",
            "never",
        ],
        ["Root", root.client_id, "all", "France, Germany", f"{root.created_at:{minute}}", "2099-01-31 00:00"],
    ]
    with database.read() as session:
        actors = {event.actor for event in events_of(session, "ApiKey", told[1])}
    (actor,) = actors
    assert actor.startswith("command line: ")

    taken = run_here(tmp_path, "api-key", "create", "Loader", *where)
    assert taken.returncode == 1
    assert taken.stderr == (
        "error: an API key with the name 'Loader' already exists; use another name, or revoke that key first\n"
    )
    assert run_here(tmp_path, "api-key", "create", "Month end", *where).returncode == 0
    assert run_here(tmp_path, "api-key", "create", "Both", "--all-permissions", *some, *where).returncode == 64
    assert run_here(tmp_path, "api-key", "create", "New", "--permission", "Rule", *where).returncode == 64
    twice = ("--expires", "2099-01-31", "--expires-in-days", "3")
    assert run_here(tmp_path, "api-key", "create", "New", *twice, *where).returncode == 64
    past = run_here(tmp_path, "api-key", "create", "New", "--expires", "2020-01-31", *where)
    assert past.stderr == "error: the expiry 2020-01-31 00:00 UTC has passed; give a day after today\n"


def test_keys_change_while_the_gateway_is_served(tmp_path: Path) -> None:
    with running(tmp_path, "serve", "--require-api-key") as (_, url):
        client_id, secret = re.findall(r": (\S+)\n", run(tmp_path, "api-key", "create", "Month end").stdout)[-2:]
        with closing(Database(f"sqlite:///{tmp_path}/journal-gateway.db")) as database:
            token = exchange(database, client_id, secret).access_token
        with httpx.Client(base_url=url, headers={"Authorization": f"Bearer {token}"}) as http:
            assert http.post("/graphql", json=TYPENAME).status_code == 200
            assert "Month end" in run_here(tmp_path, "api-key", "list").stdout
            assert run_here(tmp_path, "api-key", "revoke", client_id).returncode == 0
            assert http.post("/graphql", json=TYPENAME).json() == refusal(UNKNOWN)
        assert httpx.post(f"{url}/graphql", json=TYPENAME).json() == refusal(NEEDED)


VIEWER = "{ viewer { name permissions } }"


def test_a_viewer_sees_the_name_and_the_permissions_of_its_key(guarded: Client) -> None:
    _, token = new_token(guarded.database, Permission.VIEW_JOURNAL_ENTRIES, Permission.VIEW_JOURNAL_RUNS, name="BI")
    with Client(guarded.url, guarded.database, token) as client:
        viewer = client.query(VIEWER)["viewer"]
    assert viewer == {"name": "BI", "permissions": ["VIEW_JOURNAL_RUNS", "VIEW_JOURNAL_ENTRIES"]}


def test_an_anonymous_viewer_has_every_permission(client: Client) -> None:
    viewer = client.query(VIEWER)["viewer"]
    assert viewer == {"name": "anonymous", "permissions": [permission.name for permission in Permission]}

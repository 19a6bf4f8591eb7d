"""Callers with access tokens of an OpenID Connect identity provider."""

import asyncio
import base64
import json
import re
import time
from collections.abc import Iterator
from contextlib import aclosing
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import RSAAlgorithm
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect
from websockets.typing import Subprotocol

import gateway.openid.keys
import resolvers.live_callers
from gateway.application import Application
from gateway.openid.keys import ANSWER_BYTES_MAX
from gateway.openid.roles import RolesRefused, load_roles
from gateway.openid.settings import ALGORITHMS, OpenIdRefused, openid_settings
from gateway.openid.tokens import OpenId
from gateway.server import listen
from resolvers.access import STANDARD, Caller, revoke_api_key
from resolvers.errors import Unauthenticated, Unavailable
from resolvers.live_callers import EXPIRED, REVOKED
from storage.audit import events_of
from storage.columns import now
from storage.database import Database
from storage.words import Permission
from tests.support.client import Client
from tests.support.command import run_here, start
from tests.support.identity_provider import AUDIENCE, DISCOVERY, JWKS, IdentityProvider, identity_provider
from tests.support.ledger import line, post
from tests.support.processes import running
from tests.support.served import served
from tests.support.subscriber import TRANSPORTS, Disconnected, Refused, follow, websocket
from tests.support.subscriptions import UPDATES
from tests.support.tokens import new_token

TYPENAME = {"query": "{ __typename }"}


@pytest.fixture
def provider() -> Iterator[IdentityProvider]:
    with identity_provider() as served_provider:
        yield served_provider


LATER = timedelta(hours=1)
"""The provider's tokens have expired by then. Clocks are moved: how long a machine takes for a request is unknown."""


def identified(provider: IdentityProvider, token: str, **settings: Any) -> Caller:
    """The caller that a gateway with these settings sees."""
    return asyncio.run(OpenId(provider.settings(**settings)).caller(token))


def refusal(provider: IdentityProvider, token: str, **settings: Any) -> str:
    """Why a gateway with these settings refuses the token."""
    with pytest.raises(Unauthenticated) as refused:
        identified(provider, token, **settings)
    return str(refused.value)


def encoded(value: object) -> str:
    """A part of a token."""
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def claimed(token: str) -> Any:
    """The claims of the token."""
    return jwt.decode(token, options={"verify_signature": False})


def by(transport: str) -> Any:
    """The client for the transport."""
    return TRANSPORTS[transport]


def at(seconds: float) -> int:
    """A moment from now, as a claim."""
    return int(time.time() + seconds)


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_the_caller_is_the_subject_with_the_permissions_of_its_roles(
    provider: IdentityProvider, algorithm: str
) -> None:
    token = provider.token(
        algorithm=algorithm, header={"typ": "at+jwt"}, roles=["clerk", "closer", "other"], aud=["else", AUDIENCE]
    )
    caller = identified(provider, token)
    assert caller.actor == f"subject ada-1 of {provider.url} (Ada Lovelace)"
    assert caller.name == "Ada Lovelace"
    assert caller.permissions == {
        Permission.VIEW_JOURNAL_RUNS,
        Permission.VIEW_JOURNAL_ENTRIES,
        Permission.CREATE_JOURNAL_RUN,
        Permission.CANCEL_JOURNAL_RUN,
    }
    assert caller.organizations is None


def test_every_signature_that_can_be_chosen_is_verified(provider: IdentityProvider) -> None:
    curves = {"ES256": ec.SECP256R1(), "ES384": ec.SECP384R1(), "ES512": ec.SECP521R1()}
    claims = claimed(provider.token())
    for algorithm in ALGORITHMS:
        key: Any = provider.rsa
        if algorithm in curves:
            key = ec.generate_private_key(curves[algorithm])
        if algorithm == "EdDSA":
            key = ed25519.Ed25519PrivateKey.generate()
        public = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key(), as_dict=True)
        provider.answers[JWKS] = (200, json.dumps({"keys": [{**public, "kid": "1"}]}).encode())
        token = jwt.encode(claims, key, algorithm, {"kid": "1"})
        assert identified(provider, token, algorithms=(algorithm,)).name == "Ada Lovelace"
        wrong = token[:-12] + "A" * 12
        assert refusal(provider, wrong, algorithms=(algorithm,)).startswith(
            "The signature of the access token is wrong"
        )


def test_roles_are_in_whichever_claim_the_settings_name(provider: IdentityProvider) -> None:
    cases: list[tuple[str, dict[str, Any]]] = [
        ("realm_access.roles", {"realm_access": {"roles": ["closer"]}}),
        ("https://example.com/roles", {"https://example.com/roles": ["closer"]}),
        ("scope", {"scope": "openid closer"}),
    ]
    for claim, claims in cases:
        caller = identified(provider, provider.token(roles=None, **claims), roles_claim=claim)
        assert caller.permissions == {Permission.CREATE_JOURNAL_RUN, Permission.CANCEL_JOURNAL_RUN}
    for nothing in (None, 7, {"clerk": True}, [["clerk"]], "clerks", []):
        assert identified(provider, provider.token(roles=nothing)).permissions == frozenset()


def test_organisations_are_those_that_every_role_and_the_claim_allow(provider: IdentityProvider) -> None:
    claimed = partial(identified, provider, organizations_claim="orgs")
    assert claimed(provider.token(orgs=["France", "Germany"])).organizations == frozenset({"France", "Germany"})
    assert claimed(provider.token(orgs="New York")).organizations == frozenset({"New York"})
    assert claimed(provider.token(orgs=[])).organizations == frozenset()
    assert claimed(provider.token(orgs=[5, "a\nb", " "])).organizations == frozenset()
    assert claimed(provider.token(orgs=["*"])).organizations is None
    assert claimed(provider.token(orgs=["*"], roles=["german"])).organizations == frozenset({"Germany", "Austria"})
    limited = claimed(provider.token(orgs=["France", "Germany"], roles=["german", "clerk"]))
    assert limited.organizations == frozenset({"Germany"})
    told = refusal(provider, provider.token(), organizations_claim="orgs")
    assert told.startswith("The access token lacks the claim 'orgs', which lists the organisations")


def test_the_actor_is_stable_whatever_people_call_themselves(provider: IdentityProvider) -> None:
    def actor(**claims: Any) -> str:
        found = identified(provider, provider.token(**claims)).actor
        assert len(found) <= 255
        return found.replace(provider.url, "ISSUER")

    assert actor(name=None, preferred_username="ada", email="ada@example.com") == "subject ada-1 of ISSUER (ada)"
    assert actor(name="a\nb", email="ada@example.com") == "subject ada-1 of ISSUER (ada@example.com)"
    assert actor(name=None) == "subject ada-1 of ISSUER"
    assert actor(name="x" * 1000, sub="y" * 100) == f"subject {'y' * 100} of ISSUER ({'x' * 100})"
    hashed = actor(name=None, sub="y" * 101)
    assert hashed.startswith("subject sha256:")
    assert hashed == actor(name=None, sub="y" * 101) != actor(name=None, sub="y" * 102)
    assert actor(name=None, sub="a\nb").startswith("subject sha256:")


def test_a_token_that_is_not_for_us_is_refused_with_the_reason(provider: IdentityProvider) -> None:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = provider.rsa.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    claims = claimed(provider.token())
    body = provider.token().split(".")[1]

    with pytest.MonkeyPatch.context() as patch:
        # The library refuses to make this token.
        patch.setattr("jwt.algorithms.is_pem_format", lambda _key: False)
        confused = jwt.encode(claims, public, "HS256", {"kid": provider.key_ids["RS256"]})
    kid = {"kid": provider.key_ids["RS256"]}
    forged = jwt.encode(claims, stranger, "RS256", kid)
    for token, reason in [
        (provider.token(aud="other"), f"The access token is for another audience; get one for {AUDIENCE!r}."),
        (provider.token(aud=None), "lacks the claim 'aud'"),
        (provider.token(aud=5), "is for another audience"),
        (provider.token(iss="https://other.example"), f"is from another issuer; get one from {provider.url}."),
        (provider.token(iss=provider.url + "/"), "is from another issuer"),
        (provider.token(iss=None), "lacks the claim 'iss'"),
        (provider.token(sub=None), "lacks the claim 'sub'"),
        (provider.token(exp=None), "lacks the claim 'exp'"),
        (provider.token(exp=at(-70)), f"The access token has expired; get a new one from {provider.url}."),
        (provider.token(exp=float("inf")), "is malformed"),
        (provider.token(nbf=at(70)), "is not valid yet"),
        (provider.token(iat=at(70)), "is not valid yet"),
        (f"{encoded({'alg': 'none'})}.{body}.", "is signed with 'none'; this gateway accepts RS256, ES256."),
        (confused, "is signed with 'HS256'; this gateway accepts RS256, ES256."),
        (f"{encoded({'alg': ['RS256']})}.{body}.AAAA", "is signed with \"['RS256']\""),
        (f"{encoded({'typ': 'JWT'})}.{body}.AAAA", "is signed with 'None'"),
        (forged, f"The signature of the access token is wrong; get a new one from {provider.url}."),
        (provider.token()[:-8] + "A" * 8, "The signature of the access token is wrong"),
        (provider.token(header={"kid": "other"}), f"signed with a key that {provider.url} does not publish."),
        (provider.token(header={"kid": provider.key_ids["ES256"]}), "signed with a key that"),
        (provider.token(header={"typ": "logout+jwt"}), "of type 'logout+jwt'; send an access token"),
        (provider.token(header={"crit": ["x"], "x": 1}), "is malformed"),
        (f"{encoded({'alg': 'RS256', 'kid': 5})}.{body}.x", "is malformed"),
        (f"{encoded([])}.{body}.x", "is malformed"),
        ("..", "is malformed"),
        ("\ud800.\ud800.\ud800", "is malformed"),
        (base64.urlsafe_b64encode(b'{"a":' * 2000).decode() + ".x.x", "is malformed"),
        (provider.token(more="x" * 20_000), "the maximum is 16384."),
    ]:
        assert reason in refusal(provider, token), token
    assert "is signed with 'ES256'; this gateway accepts RS256." in refusal(
        provider, provider.token(algorithm="ES256"), algorithms=("RS256",)
    )


def test_clocks_may_differ_by_a_minute(provider: IdentityProvider) -> None:
    for claim, moment in [("exp", at(-50)), ("nbf", at(50)), ("iat", at(50)), ("exp", 10**30)]:
        claims: dict[str, Any] = {claim: moment}
        caller = identified(provider, provider.token(**claims))
        assert caller.credential is not None


def test_keys_are_those_that_the_issuer_publishes_for_signatures(provider: IdentityProvider) -> None:
    own, _ = provider.keys
    breakable = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505
    short = RSAAlgorithm.to_jwk(breakable.public_key(), as_dict=True)
    secret = {"kty": "oct", "k": "AAAA", "kid": own["kid"]}
    useless = [short, secret, {"kty": ["RSA"]}, {"kty": "RSA", "n": 5}, {"kty": "OKP", "crv": "X25519", "x": "AA"}, 5]
    provider.answers[JWKS] = (200, json.dumps({"keys": [*useless, {**own, "use": "enc"}, own]}).encode())
    assert identified(provider, provider.token()).name == "Ada Lovelace"
    # Without its id a key is found if there is no other.
    assert identified(provider, provider.token(header={"kid": None})).name == "Ada Lovelace"
    provider.answers[JWKS] = (200, json.dumps({"keys": [own, {**own, "kid": "another"}]}).encode())
    assert "signed with a key that" in refusal(provider, provider.token(header={"kid": None}))


def test_keys_are_cached_and_fetched_again_when_they_are_rotated(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    openid = OpenId(provider.settings())

    async def scenario() -> None:
        await asyncio.gather(*(openid.caller(provider.token()) for _ in range(20)))
        assert provider.asked == [DISCOVERY, JWKS]
        old = provider.token()
        provider.rotate()
        # The keys were fetched a moment ago: whoever sends unknown keys cannot have them fetched again and again.
        for _ in range(5):
            with pytest.raises(Unauthenticated, match="does not publish"):
                await openid.caller(provider.token())
        assert provider.asked == [DISCOVERY, JWKS]
        monkeypatch.setattr(gateway.openid.keys, "PAUSE_SECONDS", 0)
        await asyncio.gather(*(openid.caller(provider.token()) for _ in range(20)))
        assert provider.asked == [DISCOVERY, JWKS] * 2
        with pytest.raises(Unauthenticated, match="does not publish"):
            await openid.caller(old)

    asyncio.run(scenario())


def test_a_key_that_the_issuer_withdraws_is_not_used_for_long(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.openid.keys, "FRESH_SECONDS", 0)
    monkeypatch.setattr(gateway.openid.keys, "PAUSE_SECONDS", 0)
    openid = OpenId(provider.settings())

    async def scenario() -> None:
        old = provider.token()
        await openid.caller(old)
        provider.rotate()

        async def until_refused() -> None:
            while True:
                await openid.caller(old)
                await asyncio.sleep(0.02)

        with pytest.raises(Unauthenticated, match="does not publish"):
            await until_refused()

    asyncio.run(asyncio.wait_for(scenario(), 30))


def test_an_issuer_that_is_down_makes_new_keys_unavailable_and_known_ones_work(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(gateway.openid.keys, "PAUSE_SECONDS", 0)
    openid = OpenId(provider.settings())

    async def scenario() -> None:
        provider.answers[DISCOVERY] = (503, b"")
        with pytest.raises(Unavailable, match="The identity provider cannot be reached"):
            await openid.caller(provider.token())
        del provider.answers[DISCOVERY]
        known = provider.token()
        await openid.caller(known)
        provider.answers[JWKS] = (500, b"")
        provider.rotate()
        with pytest.raises(Unavailable):
            await openid.caller(provider.token())
        assert (await openid.caller(known)).name == "Ada Lovelace"
        monkeypatch.setattr(gateway.openid.keys, "KEPT_SECONDS", 0)
        with pytest.raises(Unavailable):
            await openid.caller(known)

    asyncio.run(scenario())
    assert f"Cannot fetch the keys of {provider.url}: {provider.url}{DISCOVERY} answers with HTTP status 503" in (
        caplog.messages
    )


def test_an_issuer_that_answers_wrongly_is_unavailable(
    provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def unavailable(path: str, status: int, body: bytes, logged: str) -> None:
        caplog.clear()
        provider.answers = {path: (status, body)}
        with pytest.raises(Unavailable):
            identified(provider, provider.token())
        assert logged in caplog.text

    def discovered(**changes: str) -> bytes:
        return json.dumps({"issuer": provider.url, "jwks_uri": provider.url + JWKS, **changes}).encode()

    unavailable(DISCOVERY, 200, discovered(issuer="https://other"), "it calls itself 'https://other'; give --oidc-iss")
    unavailable(DISCOVERY, 200, discovered(jwks_uri="http://example.com/keys"), "which is not an https URL")
    unavailable(DISCOVERY, 200, discovered(jwks_uri="file:///etc/passwd"), "which is not an https URL")
    unavailable(DISCOVERY, 200, discovered(jwks_uri="http://[::1/keys"), "which is not an https URL")
    unavailable(DISCOVERY, 200, b"[]", "does not answer with a JSON object")
    unavailable(DISCOVERY, 302, b"", "answers with HTTP status 302")
    unavailable(JWKS, 200, b"[" * 100_000, "does not answer with JSON")
    unavailable(JWKS, 200, b" " * (ANSWER_BYTES_MAX + 1), f"answers with more than {ANSWER_BYTES_MAX} bytes")
    unavailable(JWKS, 200, b'{"keys": []}', "has no key for RS256, ES256")
    unavailable(JWKS, 200, json.dumps({"keys": [{}] * 101}).encode(), "has no list of at most 100 keys")
    monkeypatch.setattr(gateway.openid.keys, "TIMEOUT_SECONDS", 0.1)
    provider.delay = 0.3
    unavailable(JWKS, 200, b"", "no answer within 0.1 seconds")


def test_both_interfaces_take_tokens_of_people_and_of_api_keys(database: Database, provider: IdentityProvider) -> None:
    post(database, [line("a")])
    with served(Application(database, openid=OpenId(provider.settings())), database) as anonymous:
        needed = f"Send the header Authorization: Bearer TOKEN, with a token from POST /oauth/token or {provider.url}."
        answer = httpx.post(anonymous.url + "/graphql", json=TYPENAME)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, needed)
        answer = httpx.get(anonymous.url + "/v1/journal-runs/JR-00000001")
        assert (answer.status_code, answer.json()) == (401, {"message": needed})

        with Client(anonymous.url, database, provider.token(roles=["clerk", "closer"])) as ada:
            viewer = ada.query("{ viewer { name permissions } }")["viewer"]
            assert (viewer["name"], len(viewer["permissions"])) == ("Ada Lovelace", 4)
            run = ada.completed()["number"]
        with database.read() as session:
            assert f"subject ada-1 of {provider.url} (Ada Lovelace)" in {
                event.actor for event in events_of(session, "JournalRun", run)
            }
        clerk = {"Authorization": f"Bearer {provider.token()}"}
        answer = httpx.put(f"{anonymous.url}/v1/journal-runs/{run}/cancel", headers=clerk)
        (reason,) = answer.json()["reasons"]
        assert reason["message"].startswith("Ada Lovelace lacks the permission 'Cancel Journal Run'; ask the admin")
        expired = {"Authorization": f"Bearer {provider.token(exp=at(-70))}"}
        told = f"The access token has expired; get a new one from {provider.url}."
        answer = httpx.get(f"{anonymous.url}/v1/journal-runs/{run}", headers=expired)
        assert (answer.status_code, answer.json()) == (401, {"message": told})
        answer = httpx.post(anonymous.url + "/graphql", json=TYPENAME, headers=expired)
        assert (answer.status_code, answer.json()["errors"][0]["message"]) == (401, told)

        # Reporting tools send it as a password.
        for password, status in [(provider.token(), 200), (provider.token(exp=at(-70)), 401)]:
            answer = httpx.get(f"{anonymous.url}/bi/accounting_codes", auth=("Ada", password))
            assert answer.status_code == status
        assert answer.json() == {"message": told}

        _, token = new_token(database)
        with Client(anonymous.url, database, token) as key:
            assert key.query("{ viewer { name } }") == {"viewer": {"name": "Month end"}}

        async def first(init: dict[str, Any]) -> Any:
            async with aclosing(follow(partial(websocket, init=init), anonymous.url, UPDATES, run=run)) as followed:
                return (await anext(followed))["status"]

        assert asyncio.run(first({"Authorization": clerk["Authorization"]})) == "COMPLETED"
        with pytest.raises(Disconnected) as disconnected:
            asyncio.run(first(expired))
        assert disconnected.value.code == 4403


def test_a_caller_sees_the_organisations_of_the_claim_alone(database: Database, provider: IdentityProvider) -> None:
    post(database, [line("a", organization="Germany"), line("b", organization="France"), line("c")])
    openid = OpenId(provider.settings(organizations_claim="orgs"))
    with served(Application(database, openid=openid), database) as anonymous:
        for organizations, number in [(["Germany"], 1), (["Germany", "France"], 2), (["Spain"], 0), (["*"], 3)]:
            with Client(anonymous.url, database, provider.token(orgs=organizations)) as client:
                assert client.query("{ transactions { totalCount } }") == {"transactions": {"totalCount": number}}


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_gateway_starts_without_its_issuer_and_says_so(database: Database) -> None:
    with listen("127.0.0.1", 0) as unused:
        url = f"http://127.0.0.1:{unused.getsockname()[1]}"
    provider = IdentityProvider(url)
    with served(Application(database, openid=OpenId(provider.settings())), database) as client:
        headers = {"Authorization": f"Bearer {provider.token()}"}
        answer = httpx.post(client.url + "/graphql", json=TYPENAME, headers=headers)
        assert answer.status_code == 503
        assert answer.json()["errors"][0]["extensions"] == {"code": "SERVICE_UNAVAILABLE"}
        answer = httpx.get(client.url + "/v1/journal-runs/JR-1", headers=headers)
        assert (answer.status_code, answer.json()["reasons"][0]["code"]) == (503, 50000061)
        with pytest.raises(Disconnected) as disconnected:
            asyncio.run(anext(follow(partial(websocket, init=headers), client.url, UPDATES, run="JR-1")))
        assert disconnected.value.code == 1013
        _, token = new_token(database)
        with Client(client.url, database, token) as key:
            assert key.query("{ __typename }") == {"__typename": "Query"}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_subscription_ends_when_its_key_is_revoked(
    database: Database, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert resolvers.live_callers.INTERVAL_SECONDS <= 2
    monkeypatch.setattr(resolvers.live_callers, "INTERVAL_SECONDS", 0.2)
    post(database, [line("a")])
    with served(Application(database, require_api_key=True), database) as guarded:
        key, token = new_token(database)
        _, other = new_token(database, name="Other")
        with Client(guarded.url, database, token) as client:
            run = client.completed()["number"]

        async def scenario() -> None:
            revoked = partial(by(transport), token=token)
            goes_on = partial(websocket, token=other)
            async with (
                aclosing(revoked(guarded.url, UPDATES, {"run": run})) as ends,
                aclosing(follow(goes_on, guarded.url, UPDATES, run=run)) as stays,
            ):
                await anext(ends)
                await anext(stays)
                await asyncio.to_thread(revoke_api_key, database, key.client_id, actor="test")
                # It is told why, and then that the subscription is complete.
                (last,) = [payload async for payload in ends]
                (error,) = last["errors"]
                assert (error["message"], error["extensions"]) == (REVOKED, {"code": "UNAUTHENTICATED"})
                with pytest.raises(TimeoutError):
                    await asyncio.wait_for(anext(stays), 0.5)

        asyncio.run(scenario())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_websocket_closes_once_all_its_subscriptions_were_told(database: Database) -> None:
    post(database, [line("a")])
    with served(Application(database, require_api_key=True), database) as guarded:
        key, token = new_token(database)
        with Client(guarded.url, database, token) as client:
            run = client.completed()["number"]
        address = guarded.url.replace("http", "ws", 1) + "/graphql"
        headers = {"Authorization": f"Bearer {token}"}
        protocol = Subprotocol("graphql-transport-ws")
        with connect(address, subprotocols=[protocol], additional_headers=headers) as connection:

            def next_message() -> Any:
                return json.loads(connection.recv(30))

            connection.send(json.dumps({"type": "connection_init"}))
            assert next_message()["type"] == "connection_ack"
            for number in "123":
                payload = {"query": UPDATES, "variables": {"run": run}}
                connection.send(json.dumps({"type": "subscribe", "id": number, "payload": payload}))
                assert next_message()["type"] == "next"
            revoke_api_key(database, key.client_id, actor="test")
            told = [next_message() for _ in range(6)]
            assert {message["id"] for message in told if message["type"] == "complete"} == set("123")
            messages = [message["payload"]["errors"][0]["message"] for message in told if message["type"] == "next"]
            assert messages == [REVOKED] * 3
            with pytest.raises(ConnectionClosed) as closed:
                next_message()
            assert closed.value.rcvd is not None
            assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (4403, REVOKED)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_subscription_ends_with_its_token(
    database: Database, provider: IdentityProvider, transport: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(resolvers.live_callers, "INTERVAL_SECONDS", 0.1)
    post(database, [line("a")])
    with served(Application(database, openid=OpenId(provider.settings())), database) as guarded:
        with Client(guarded.url, database, provider.token(roles=["clerk", "closer"])) as client:
            run = client.completed()["number"]
        token = provider.token()

        async def scenario() -> None:
            async with aclosing(follow(partial(by(transport), token=token), guarded.url, UPDATES, run=run)) as followed:
                await anext(followed)
                monkeypatch.setattr(resolvers.live_callers, "now", lambda: now() + LATER)
                with pytest.raises(Refused) as refused:
                    await anext(followed)
                assert (refused.value.code, refused.value.message) == ("UNAUTHENTICATED", EXPIRED)

        asyncio.run(scenario())


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_websocket_runs_nothing_more_once_its_token_has_expired(
    database: Database, provider: IdentityProvider, monkeypatch: pytest.MonkeyPatch
) -> None:
    with served(Application(database, openid=OpenId(provider.settings())), database) as guarded:
        address = guarded.url.replace("http", "ws", 1) + "/graphql"
        with connect(address, subprotocols=[Subprotocol("graphql-transport-ws")]) as connection:

            def answers(**message: Any) -> Any:
                connection.send(json.dumps(message))
                return json.loads(connection.recv(30))["type"]

            authorization = f"Bearer {provider.token()}"
            assert answers(type="connection_init", payload={"authorization": authorization}) == "connection_ack"
            assert answers(type="subscribe", id="1", payload=TYPENAME) == "next"
            assert json.loads(connection.recv(30))["type"] == "complete"
            later = Mock(wraps=datetime, now=lambda tz: datetime.now(tz) + LATER)
            monkeypatch.setattr(jwt.api_jwt, "datetime", later)
            with pytest.raises(ConnectionClosed) as closed:
                answers(type="subscribe", id="2", payload=TYPENAME)
            assert closed.value.rcvd is not None
            assert closed.value.rcvd.code == 4403
            assert closed.value.rcvd.reason == f"The access token has expired; get a new one from {provider.url}."


ROLES_FILE = """
[clerk]
permissions = ["View journal runs", "view journal entries"]
organizations = ["Germany ", "France"]

[controller]
permissions = "all"

["Month end"]
permissions = "standard"
"""


def test_roles_are_read_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "roles.toml"
    file.write_text(ROLES_FILE)
    roles = load_roles(file)
    assert roles["clerk"].permissions == {Permission.VIEW_JOURNAL_RUNS, Permission.VIEW_JOURNAL_ENTRIES}
    assert roles["clerk"].organizations == frozenset({"Germany", "France"})
    assert (roles["controller"].permissions, roles["controller"].organizations) == (frozenset(Permission), None)
    assert roles["Month end"].permissions == STANDARD
    for text, told in [
        ("", "has no role; write one, such as"),
        ("[a", "is not a TOML file"),
        ("\ud800", "is not a TOML file"),
        ("a = 5", "role 'a': write a table"),
        ("[a]", "role 'a': it lacks permissions"),
        ("[a]\npermission = 'all'", "role 'a': 'permission' is unknown; a role has permissions and organizations"),
        ("[a]\npermissions = 'some'", "permissions is 'some'; give a list of texts"),
        ("[a]\npermissions = []", r"permissions is \[\]; give a list of texts"),
        ("[a]\npermissions = ['View journal run']", "'View journal run' is not a permission; did you mean 'View jou"),
        ("[a]\npermissions = ['zz']", "'zz' is not a permission; there are View journal runs, Create Journal Run"),
        ("[a]\npermissions = 'all'\norganizations = ['']", r"organizations is \[''\]; give a list of texts, or omit"),
        ('[a]\npermissions = "all"\norganizations = ["a\\nb"]', "organizations: character 2 is LINE FEED"),
    ]:
        file.write_text(text, encoding="utf-8", errors="surrogatepass")
        with pytest.raises(RolesRefused, match=told):
            load_roles(file)
    with pytest.raises(RolesRefused, match="cannot be read"):
        load_roles(tmp_path / "none.toml")


def test_settings_that_would_let_in_the_wrong_callers_are_refused(tmp_path: Path) -> None:
    roles = tmp_path / "roles.toml"
    roles.write_text(ROLES_FILE)
    valid: dict[str, Any] = {
        "issuer": "https://id.example.com/realms/books",
        "audience": "books",
        "roles": roles,
        "algorithms": "RS256, ES512",
        "roles_claim": "roles",
        "organizations_claim": None,
    }
    settings = openid_settings(**valid)
    assert settings is not None
    assert settings.algorithms == ("RS256", "ES512")
    assert openid_settings(**{**valid, "issuer": None, "audience": None, "roles": None}) is None
    for issuer in ("http://127.0.0.1:9000", "http://localhost:9000/", "http://[::1]:9000"):
        assert openid_settings(**{**valid, "issuer": issuer}) is not None
    refused: list[tuple[dict[str, Any], str]] = [
        ({"issuer": None}, "--oidc-audience needs --oidc-issuer URL"),
        ({"issuer": None, "audience": None}, "--oidc-roles needs --oidc-issuer URL"),
        ({"audience": None}, "--oidc-issuer needs --oidc-audience NAME"),
        ({"roles": None}, "--oidc-issuer needs --oidc-roles FILE"),
        ({"roles_claim": " "}, "--oidc-roles-claim is empty"),
        ({"issuer": "http://id.example.com"}, "give one that begins with https://"),
        ({"issuer": "id.example.com"}, "give one that begins with https://"),
        ({"issuer": "https://[::1"}, "give one that begins with https://"),
        ({"issuer": "https://id.example.com/?a=b"}, "has neither a user nor a ? nor a #".replace("?", r"\?")),
        ({"issuer": "https://a:b@id.example.com"}, "has neither a user"),
        ({"issuer": "https://id.example.com/" + "x" * 100}, "has 123 characters; the maximum is 120"),
        ({"algorithms": "RS256,HS256"}, "'HS256' is not accepted; give some of RS256"),
        ({"algorithms": "none"}, "'none' is not accepted"),
        ({"algorithms": ","}, "',' is not accepted"),
    ]
    for changes, told in refused:
        with pytest.raises(OpenIdRefused, match=told):
            openid_settings(**{**valid, **changes})


def test_the_command_serves_with_an_identity_provider(tmp_path: Path, provider: IdentityProvider) -> None:
    (tmp_path / "roles.toml").write_text('[clerk]\npermissions = ["View journal runs"]\n')
    options = ("--oidc-issuer", provider.url, "--oidc-audience", AUDIENCE, "--oidc-roles", "roles.toml")
    with running(tmp_path, "serve", *options) as (_, url):
        headers = {"Authorization": f"Bearer {provider.token()}"}
        answer = httpx.post(url + "/graphql", json={"query": "{ viewer { name permissions } }"}, headers=headers)
        assert answer.json()["data"] == {"viewer": {"name": "Ada Lovelace", "permissions": ["VIEW_JOURNAL_RUNS"]}}
        assert httpx.post(url + "/graphql", json=TYPENAME).status_code == 401
    refused = run_here(tmp_path, "serve", "--oidc-issuer", "http://example.com", *options[2:], "--port", "0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "error: --oidc-issuer 'http://example.com' is not the URL of an identity provider" in refused.stderr


@pytest.mark.parametrize("command", ["serve", "demo"])
def test_a_gateway_that_is_open_to_everyone_listens_on_loopback_only(tmp_path: Path, command: str) -> None:
    refused = run_here(tmp_path, command, "--host", "0.0.0.0", "--port", "0")  # noqa: S104
    assert (refused.returncode, refused.stdout) == (1, "")
    assert "has full access; serve with --require-api-key" in refused.stderr
    assert not list(tmp_path.glob("*.db"))


def test_a_gateway_that_is_told_to_be_insecure_serves_everyone_and_warns(tmp_path: Path) -> None:
    with start(tmp_path, "serve", "--host", "0.0.0.0", "--port", "0", "--insecure") as process:  # noqa: S104
        assert process.stdout is not None
        assert process.stdout.readline().startswith("Journal Gateway on http://0.0.0.0:")
        process.terminate()
        _, complaints = process.communicate(timeout=30)
    assert re.fullmatch(r"warning: anyone who can reach http://0\.0\.0\.0:\d+ has full access\n", complaints)

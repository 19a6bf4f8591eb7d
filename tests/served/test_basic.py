"""HTTP Basic authentication: what reporting tools send, on every HTTP interface."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from unittest.mock import ANY
from uuid import uuid4

import httpx
import pytest
from sqlmodel import select

from gateway.application import Application
from gateway.attempts import ADDRESS_ATTEMPTS_MAX, KEY_ATTEMPTS_MAX
from gateway.authentication import MALFORMED_BASIC, WRONG_BASIC, Authentication
from resolvers.access import NEVER, STANDARD, Caller, Credential, create_api_key, revoke_api_key
from resolvers.errors import Unauthenticated
from storage.api_keys import ApiKey
from storage.columns import now
from storage.database import Database
from tests.support.client import Client
from tests.support.served import served
from tests.support.tokens import exchange

VIEWER = {"query": "{ viewer { name permissions } }"}
WRONG_KEY = "The client id or secret is wrong, or the API key has been revoked; check them, or use another API key."


REPORTS = ("/bi", "/bi/accounting_codes", "/exports/accounting_codes.csv", "/odata/", "/odata/accounting_codes")
"""Addresses of reports."""


@pytest.fixture
def guarded(database: Database) -> Iterator[Client]:
    """A client without a token, of a gateway that requires one."""
    with served(Application(database, require_api_key=True), database) as connected:
        yield connected


def viewer(client: Client, user: str, password: str) -> Any:
    """The caller that a user name and password identify, by GraphQL."""
    response = httpx.post(f"{client.url}/graphql", json=VIEWER, auth=(user, password))
    return response.json()["data"]["viewer"] if response.is_success else (response.status_code, told(response))


def told(response: httpx.Response) -> str:
    """The message of a refusal."""
    body = response.json()
    message: str = body["message"] if "message" in body else body["errors"][0]["message"]
    return message


def test_a_key_and_its_token_are_the_same_caller(guarded: Client) -> None:
    key, secret = create_api_key(guarded.database, "Reports", STANDARD, organizations=["B", "A"], actor="test")
    token = exchange(guarded.database, key.client_id, secret).access_token
    bearer = httpx.post(f"{guarded.url}/graphql", json=VIEWER, headers={"Authorization": f"Bearer {token}"})
    expected = bearer.json()["data"]["viewer"]
    assert expected["name"] == "Reports"
    for user, password in [
        (key.client_id, secret),
        (key.client_id.upper(), secret),
        (key.client_id, token),
        ("", token),
        ("anyone at all, né", token),
    ]:
        assert viewer(guarded, user, password) == expected
    for path in ("/v1/accounting-codes", "/metrics", *REPORTS):
        assert httpx.get(guarded.url + path, auth=(key.client_id, secret)).status_code == 200


def test_interfaces_of_reports_ask_for_basic_and_the_others_for_a_token(guarded: Client) -> None:
    basic = 'Basic realm="Journal Gateway", charset="UTF-8"'
    for paths, challenges in [(REPORTS, [basic, "Bearer"]), (("/v1/accounting-codes", "/metrics"), ["Bearer"])]:
        for path in paths:
            for header in ({}, {"Authorization": "Basic x"}, {"Authorization": "Bearer x"}):
                response = httpx.get(guarded.url + path, headers=header)
                assert (response.status_code, response.headers.get_list("WWW-Authenticate")) == (401, challenges)


def test_wrong_passwords_are_refused_and_limited(guarded: Client) -> None:
    key, secret = create_api_key(guarded.database, "Reports", STANDARD, actor="test")
    used, used_secret = create_api_key(guarded.database, "In use", STANDARD, actor="test")
    assert viewer(guarded, used.client_id, used_secret)["name"] == "In use"
    other, other_secret = create_api_key(guarded.database, "Other", STANDARD, actor="test")
    revoke_api_key(guarded.database, other.client_id, actor="test")
    for user, password, message in [
        ("Reports", secret, WRONG_BASIC),
        ("", "", WRONG_BASIC),
        ("anyone", "né", WRONG_BASIC),
        (key.client_id, other_secret, WRONG_KEY),
        (key.client_id, "", WRONG_KEY),
        (other.client_id, other_secret, WRONG_KEY),
        ("00000000-0000-0000-0000-000000000000", secret, WRONG_KEY),
    ]:
        assert viewer(guarded, user, password) == (401, message)
    for wrong in ("x", "*", "bm8gY29sb24=", "/////w=="):
        response = httpx.get(f"{guarded.url}/v1/accounting-codes", headers={"Authorization": f"Basic {wrong}"})
        assert (response.status_code, told(response)) == (401, MALFORMED_BASIC)
    for _ in range(KEY_ATTEMPTS_MAX):
        status, message = viewer(guarded, key.client_id, "guess")
    assert (status, message[:46]) == (401, "Too many attempts with wrong credentials; wait")
    for _ in range(ADDRESS_ATTEMPTS_MAX):
        viewer(guarded, str(uuid4()), "guess")
    assert viewer(guarded, str(uuid4()), "guess")[1].startswith("Too many attempts")
    # It was right before, and others call from the same address.
    assert viewer(guarded, used.client_id, used_secret)["name"] == "In use"
    revoke_api_key(guarded.database, used.client_id, actor="test")
    assert viewer(guarded, used.client_id, used_secret) == (401, WRONG_KEY)
    assert viewer(guarded, used.client_id, used_secret)[1].startswith("Too many attempts")
    for path in REPORTS:
        limited = httpx.get(guarded.url + path, auth=(key.client_id, "guess"))
        assert (limited.status_code, 0 < int(limited.headers["Retry-After"]) <= 60) == (429, True)
    form = {"grant_type": "client_credentials", "client_id": key.client_id, "client_secret": secret}
    assert httpx.post(f"{guarded.url}/oauth/token", data=form).status_code == 429


def test_a_secret_ends_with_its_key(database: Database) -> None:
    gateway = Application(database).gateway
    key, secret = create_api_key(database, "Reports", STANDARD, organizations=["B", "A"], actor="test")
    token = exchange(database, key.client_id, secret).access_token
    basic = httpx.BasicAuth(key.client_id, secret)._auth_header

    def identified(authorization: str) -> Caller:
        return asyncio.run(Authentication(gateway, required=True).caller(authorization, "127.0.0.1"))

    def caller() -> Credential | None:
        return identified(basic).credential

    assert replace(identified(basic), credential=ANY) == identified(f"Bearer {token}")
    assert identified(basic).organizations == frozenset({"A", "B"})
    assert caller() == Credential(NEVER, client_id=key.client_id)
    with database.write() as session:
        stored = session.exec(select(ApiKey)).one()
        stored.expires_at = end = now() + timedelta(hours=1)
    assert caller() == Credential(end, client_id=key.client_id)
    with database.write() as session:
        session.exec(select(ApiKey)).one().expires_at = now() - timedelta(seconds=1)
    with pytest.raises(Unauthenticated, match="The API key 'Reports' expired on"):
        caller()

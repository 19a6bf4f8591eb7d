"""How many subscriptions one caller may have, and all callers together, on every transport."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import pytest

from gateway.application import Application
from gateway.graphql.subscription_limits import SubscriptionLimits
from storage.database import Database
from tests.support.client import Client
from tests.support.ledger import line, post
from tests.support.served import served
from tests.support.subscriber import TRANSPORTS, Refused, multipart, server_sent_events, websocket
from tests.support.tokens import new_token

UPDATES = "subscription($run: String!) { journalRunUpdates(number: $run) { number } }"
RUN = {"run": "JR-00000001"}
PER_CALLER = 2
TOGETHER = 3

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def gateway(database: Database) -> Iterator[Client]:
    """A client of a gateway with small limits, and a run to follow."""
    post(database, [line("a")])
    limits = SubscriptionLimits(PER_CALLER, TOGETHER)
    with served(Application(database, subscriptions=limits), database) as client:
        client.completed()
        yield client


async def refusal(payloads: Any) -> dict[str, Any]:
    """The error of a subscription that is refused."""
    async with aclosing(payloads) as each:
        try:
            payload = await anext(each)
        except Refused as refused:
            return {"message": refused.message, "code": refused.code}
        (error,) = payload["errors"]
        return {"message": error["message"], "code": error["extensions"]["code"]}


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_a_caller_may_have_so_many_subscriptions_and_another_once_one_has_ended(
    gateway: Client, transport: str
) -> None:
    async def go() -> None:
        async with AsyncExitStack() as held:
            for one in (websocket, server_sent_events):
                followed = await held.enter_async_context(aclosing(one(gateway.url, UPDATES, RUN)))
                await anext(followed)
            refused = await refusal(TRANSPORTS[transport](gateway.url, UPDATES, RUN))
            assert refused == {
                "message": "This caller has 2 subscriptions, the most there may be; end one first.",
                "code": "TOO_MANY_SUBSCRIPTIONS",
            }
        # The server notices in its own time that they are gone.
        for _ in range(200):
            async with aclosing(TRANSPORTS[transport](gateway.url, UPDATES, RUN)) as again:
                try:
                    if "errors" not in await anext(again):
                        return
                except Refused:
                    pass
            await asyncio.sleep(0.05)
        raise AssertionError("no subscription has ended")

    asyncio.run(go())


@pytest.mark.parametrize("transport", TRANSPORTS)
def test_all_callers_together_may_have_so_many_subscriptions(gateway: Client, transport: str) -> None:
    _, first = new_token(gateway.database, name="first")
    _, second = new_token(gateway.database, name="second")

    async def go() -> None:
        async with AsyncExitStack() as held:
            for one, token in ((websocket, first), (server_sent_events, first), (multipart, second)):
                followed = await held.enter_async_context(aclosing(one(gateway.url, UPDATES, RUN, token)))
                await anext(followed)
            refused = await refusal(TRANSPORTS[transport](gateway.url, UPDATES, RUN))
            assert refused == {
                "message": "This gateway has 3 subscriptions, the most there may be; try again later.",
                "code": "TOO_MANY_SUBSCRIPTIONS",
            }
        assert gateway.query("{ journalRuns { totalCount } }") == {"journalRuns": {"totalCount": 1}}

    asyncio.run(go())

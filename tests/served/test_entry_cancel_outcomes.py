"""Following a cancellation: every outcome exactly once and in order, with every way of subscribing."""

import asyncio
import random
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing, suppress
from functools import partial
from typing import Any

import pytest

from runs import workflows
from runs.cancel import cancel_batch
from tests.support.client import Client
from tests.support.halfway import stopping_after
from tests.support.ledger import line, post
from tests.support.postgresql import PostgreSQL
from tests.support.subscriber import PATIENCE_SECONDS, TRANSPORTS, Refused, Transport, follow, websocket
from tests.support.subscriptions import PROGRESS

OUTCOMES = """subscription($run: String!, $after: String) {
  entryCancelOutcomes(number: $run, after: $after) {
    cursor sequence outcome code message cancelledCount failedCount remainingCount journalEntry { number status }
  }
}"""


def run_of(client: Client, size: int, transferred: Sequence[int] = ()) -> str:
    """A completed run of this many entries, with those at these positions transferred to accounting."""
    post(client.database, [line(str(n), segment_country=f"{n:04}") for n in range(size)])
    number: str = client.completed()["number"]
    if transferred:
        entries = client.entries(number)
        assert client.transfer([entries[place]["number"] for place in transferred])["errors"] == []
    return number


def outcomes(
    client: Client, run: str, transport: Transport = websocket, document: str = OUTCOMES, **more: Any
) -> AsyncGenerator[Any, None]:
    """Follow the run's cancellation."""
    return follow(transport, client.url, document, run=run, **more)


async def all_of(followed: AsyncGenerator[Any, None]) -> list[dict[str, Any]]:
    """Everything up to the end."""
    async with asyncio.timeout(PATIENCE_SECONDS), aclosing(followed):
        return [outcome async for outcome in followed]


def replayed(client: Client, run: str, transport: Transport = websocket, **more: Any) -> list[dict[str, Any]]:
    """All outcomes of a cancellation that has finished."""
    return asyncio.run(all_of(outcomes(client, run, transport, **more)))


def assert_whole(found: list[dict[str, Any]], size: int) -> None:
    """Each entry has exactly one outcome, in order, with correct counts."""
    assert [outcome["sequence"] for outcome in found] == list(range(1, size + 1))
    assert len({outcome["journalEntry"]["number"] for outcome in found}) == size
    cancelled = 0
    for outcome in found:
        cancelled += outcome["outcome"] == "CANCELLED"
        assert outcome["cancelledCount"] == cancelled
        assert outcome["failedCount"] == outcome["sequence"] - cancelled
        assert outcome["remainingCount"] == size - outcome["sequence"]


async def cancel(client: Client, run: str) -> None:
    """Request the run's cancellation."""
    assert (await asyncio.to_thread(client.cancel, run))["errors"] == []


def test_every_transport_waits_for_the_cancellation_then_streams_it_live_and_completes(client: Client) -> None:
    run = run_of(client, 12, transferred=[3, 7])

    async def follow_all() -> list[list[dict[str, Any]]]:
        followers = [asyncio.create_task(all_of(outcomes(client, run, transport))) for transport in TRANSPORTS.values()]
        # Long enough that each has subscribed, and is waiting.
        await asyncio.sleep(1)
        assert not any(follower.done() for follower in followers)
        await cancel(client, run)
        return await asyncio.gather(*followers)

    by_websocket, *others = asyncio.run(follow_all())
    assert_whole(by_websocket, 12)
    assert all(other == by_websocket for other in others)
    assert all(replayed(client, run, transport) == by_websocket for transport in TRANSPORTS.values())


def test_an_outcome_has_the_state_of_its_entry(client: Client) -> None:
    run = run_of(client, 3, transferred=[1])
    entries = client.entries(run)
    client.cancel(run)
    cancelled, failed, _ = replayed(client, run)
    assert cancelled["journalEntry"] == {"number": entries[0]["number"], "status": "CANCELLED"}
    assert (cancelled["outcome"], cancelled["code"], cancelled["message"]) == ("CANCELLED", None, None)
    assert failed["journalEntry"] == {"number": entries[1]["number"], "status": "CREATED"}
    assert (failed["outcome"], failed["code"]) == ("FAILED", "TRANSFERRED_TO_ACCOUNTING")
    assert entries[1]["number"] in failed["message"]
    assert "Yes" in failed["message"]


def test_a_run_without_entries_completes_without_an_outcome(client: Client) -> None:
    run = client.completed()["number"]
    client.cancel(run)
    assert replayed(client, run) == []


def test_resuming_goes_on_right_after_the_cursor(client: Client) -> None:
    run = run_of(client, 5)
    client.cancel(run)
    whole = replayed(client, run)
    assert_whole(whole, 5)
    for transport in TRANSPORTS.values():
        for seen in (1, 3, 5):
            assert replayed(client, run, transport, after=whole[seen - 1]["cursor"]) == whole[seen:]


def test_a_subscriber_of_the_first_cancellation_gets_the_second_from_its_start(client: Client) -> None:
    run = run_of(client, 4, transferred=[0, 2])
    client.cancel(run)
    first = replayed(client, run)
    assert_whole(first, 4)
    client.transfer([outcome["journalEntry"]["number"] for outcome in first if outcome["outcome"] == "FAILED"], "NO")
    client.cancel(run)
    second = replayed(client, run, after=first[2]["cursor"])
    assert_whole(second, 2)
    assert [outcome["outcome"] for outcome in second] == ["CANCELLED", "CANCELLED"]
    assert replayed(client, run) == second
    assert replayed(client, run, after=second[0]["cursor"]) == second[1:]


def test_an_invalid_subscription_is_refused(client: Client) -> None:
    run = run_of(client, 1)
    of_another_list = client.query("{ journalRuns { pageInfo { endCursor } } }")["journalRuns"]["pageInfo"]["endCursor"]
    for transport in TRANSPORTS.values():
        for number, after, code in (
            ("JR-99999999", None, "NOT_FOUND"),
            (run, "nonsense", "BAD_USER_INPUT"),
            (run, of_another_list, "BAD_USER_INPUT"),
        ):
            with pytest.raises(Refused) as refused:
                replayed(client, number, transport, after=after)
            assert refused.value.code == code
            assert (number if after is None else after) in refused.value.message


def test_a_subscription_ends_when_its_run_is_deleted(client: Client, caplog: pytest.LogCaptureFixture) -> None:
    run = run_of(client, 300)
    client.cancel(run)
    client.wait(run, "CANCELLED")

    async def follow_and_delete() -> list[dict[str, Any]]:
        async with aclosing(outcomes(client, run)) as followed, asyncio.timeout(PATIENCE_SECONDS):
            found = [await anext(followed)]
            await asyncio.to_thread(client.delete, run)
            with suppress(Refused):
                async for outcome in followed:
                    found.append(outcome)  # noqa: PERF401  (what was found stays when it is refused)
            return found

    found = asyncio.run(follow_and_delete())
    client.wait_until_gone(run)
    assert [outcome["sequence"] for outcome in found] == list(range(1, len(found) + 1))
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


SIZE = 300
SUBSCRIBERS = 20
SEED = random.SystemRandom().randrange(10**6)


async def restless(client: Client, run: str, chance: random.Random) -> list[dict[str, Any]]:
    """Subscribes at a random moment, and keeps dropping and renewing the connection until it is complete."""
    found: list[dict[str, Any]] = []
    await asyncio.sleep(chance.uniform(0, 2))
    while True:
        transport = chance.choice(list(TRANSPORTS.values()))
        patience = chance.choice([1, 7, 30, 80, SIZE])
        after = found[-1]["cursor"] if found else None
        async with aclosing(outcomes(client, run, transport, PROGRESS, after=after)) as followed:
            while patience and (outcome := await anext(followed, None)):
                found.append(outcome)
                patience -= 1
        if patience:
            return found
        await asyncio.sleep(chance.choice([0, 0, 0.01, 0.2]))


def test_restless_subscribers_each_see_every_outcome_exactly_once(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    print(f"seed {SEED}")  # noqa: T201  (pytest shows it when the test fails)
    chance = random.Random(SEED)  # noqa: S311
    # Small batches: the cancellation continues while most of them reconnect.
    monkeypatch.setattr(workflows, "cancel_batch", partial(cancel_batch, first=4, largest=4))
    run = run_of(client, SIZE, transferred=chance.sample(range(SIZE), 30))

    async def follow_all() -> list[list[dict[str, Any]]]:
        chances = [random.Random(chance.random()) for _ in range(SUBSCRIBERS)]  # noqa: S311
        followers = [asyncio.create_task(restless(client, run, own)) for own in chances]
        await asyncio.sleep(1)
        await cancel(client, run)
        async with asyncio.timeout(PATIENCE_SECONDS):
            return await asyncio.gather(*followers)

    found = asyncio.run(follow_all())
    whole = replayed(client, run)
    assert_whole(whole, SIZE)
    assert sum(outcome["outcome"] == "FAILED" for outcome in whole) == 30
    for outcome in whole:
        del outcome["journalEntry"]
    for one in found:
        assert one == whole


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
@pytest.mark.parametrize("transport", TRANSPORTS.values(), ids=TRANSPORTS)
def test_a_subscription_resumes_after_its_database_was_lost(
    client: Client, postgresql: PostgreSQL, transport: Transport
) -> None:
    run = run_of(client, 4)

    async def lose_and_resume() -> tuple[list[int], list[int]]:
        before: list[dict[str, Any]] = []
        with stopping_after(2) as go_on:
            client.cancel(run)
            followed = outcomes(client, run, transport)
            async with asyncio.timeout(PATIENCE_SECONDS), aclosing(followed):
                while len(before) < 2:
                    before.append(await anext(followed))
                url = client.database.url.render_as_string(hide_password=False)
                with postgresql.unreachable(url), pytest.raises(Refused) as lost:
                    await anext(followed)
            assert lost.value.code == "SERVICE_UNAVAILABLE"
            assert lost.value.message == (
                "The ledger's database is unavailable. Reconnect, and pass the last cursor as `after` to resume."
            )
            go_on.set()
            after = await all_of(outcomes(client, run, transport, after=before[-1]["cursor"]))
        return [one["sequence"] for one in before], [one["sequence"] for one in after]

    assert asyncio.run(lose_and_resume()) == ([1, 2], [3, 4])

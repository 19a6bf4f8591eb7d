"""Subscriptions end with their callers' tokens, whatever the database does."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

import resolvers.live_callers
from resolvers.access import NEVER, Credential
from resolvers.errors import Unauthenticated
from resolvers.live_callers import EXPIRED, REVOKED, LiveCallers
from storage.columns import now
from storage.database import DatabaseError

SOON = timedelta(seconds=0.05)
LATER = timedelta(hours=1)


class Answers:
    """Statements that give these answers, and then the last of them again."""

    def __init__(self, *answers: Any) -> None:
        self.answers = list(answers)
        self.asked: list[list[str]] = []

    async def ask(self, _function: Callable[..., Any], hashes: list[str]) -> Any:
        self.asked.append(hashes)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def numbers(closed: list[bool] | None = None) -> AsyncGenerator[int, None]:
    """One number, and then nothing for an hour."""
    try:
        yield 1
        await asyncio.sleep(3600)
    finally:
        if closed is not None:
            closed.append(True)


async def seen(live: LiveCallers, credential: Credential | None, found: AsyncGenerator[int, None]) -> list[Any]:
    """What a subscriber gets, and what it is told at the end."""
    results: list[Any] = []
    try:
        async for result in live.while_valid(credential, found):
            results.append(result)  # noqa: PERF401  # those before the end are kept
    except Unauthenticated as ended:
        results.append(str(ended))
    return results


@pytest.fixture
def run(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Any]]:
    """Runs subscribers beside the watcher."""
    monkeypatch.setattr(resolvers.live_callers, "INTERVAL_SECONDS", 0.01)

    async def scenario(answers: Answers, subscribers: list[tuple[Credential | None, Any]]) -> list[Any]:
        live = LiveCallers(answers)  # type: ignore[arg-type]
        watching = asyncio.create_task(live.watch())
        try:
            async with asyncio.timeout(30):
                return list(await asyncio.gather(*(seen(live, *each) for each in subscribers)))
        finally:
            assert not live._subscriptions
            watching.cancel()
            with suppress(asyncio.CancelledError):
                await watching

    return lambda answers, *subscribers: asyncio.run(scenario(answers, list(subscribers)))


def test_a_revoked_token_ends_its_subscriptions_after_the_database_failed(
    run: Callable[..., list[Any]], caplog: pytest.LogCaptureFixture
) -> None:
    answers = Answers(DatabaseError("gone"), RuntimeError("strange"), {"b"}, set())
    closed: list[bool] = []
    first, second = Credential(now() + LATER, "a"), Credential(now() + LATER, "b")
    results = run(answers, (first, numbers(closed)), (first, numbers(closed)), (second, numbers(closed)))
    assert results == [[1, REVOKED]] * 3
    assert closed == [True] * 3
    # All tokens at once; and those that have ended no more.
    assert answers.asked == [["a", "b"]] * 3 + [["b"]]
    assert [record.message for record in caplog.records if record.levelname == "ERROR"] == [
        "Cannot tell whose API keys have been revoked"
    ]


def test_expiry_ends_subscriptions_without_the_database(run: Callable[..., list[Any]]) -> None:
    answers = Answers(DatabaseError("gone"))
    stored, elsewhere = Credential(now() + SOON, "a"), Credential(now() + SOON)
    assert run(answers, (stored, numbers()), (elsewhere, numbers())) == [[1, EXPIRED]] * 2


def test_results_pass_as_they_are_until_then(run: Callable[..., list[Any]]) -> None:
    async def every(last: Exception | None) -> AsyncGenerator[int, None]:
        for number in range(3):
            yield number
        if last is not None:
            raise last

    answers = Answers({"a"})
    for credential in (None, Credential(now() + LATER, "a"), Credential(now() + LATER)):
        assert run(answers, (credential, every(None))) == [[0, 1, 2]]
        with pytest.raises(TimeoutError, match="its own"):
            run(answers, (credential, every(TimeoutError("its own"))))


def test_a_revoked_key_ends_the_subscriptions_of_who_sent_its_secret(run: Callable[..., list[Any]]) -> None:
    answers = Answers({"b", "key"}, {"b"})
    secret, token = Credential(NEVER, client_id="key"), Credential(now() + SOON, "b")
    assert run(answers, (secret, numbers()), (token, numbers())) == [[1, REVOKED], [1, EXPIRED]]
    assert answers.asked[:2] == [["b"], ["key"]]

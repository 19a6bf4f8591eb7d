"""The limit on guessing secrets."""

import pytest

from gateway.attempts import ADDRESS_ATTEMPTS_MAX, KEY_ATTEMPTS_MAX, PERIOD_SECONDS, REMEMBERED_MAX, Attempts


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which a test sets."""
    moments = [1000.0]
    monkeypatch.setattr("gateway.attempts.monotonic", lambda: moments[0])
    return moments


def test_one_key_is_limited_from_one_address_until_the_period_ends(clock: list[float]) -> None:
    attempts = Attempts()
    for _ in range(KEY_ATTEMPTS_MAX):
        assert attempts.wait_seconds("Key", "192.0.2.1") == 0
        attempts.failed("Key", "192.0.2.1")
    clock[0] += 20.5
    assert attempts.wait_seconds("kEY", "192.0.2.1") == 40
    assert attempts.wait_seconds("other", "192.0.2.1") == 0
    assert attempts.wait_seconds("Key", "192.0.2.2") == 0
    clock[0] += PERIOD_SECONDS
    assert attempts.wait_seconds("Key", "192.0.2.1") == 0
    attempts.failed("Key", "192.0.2.1")
    assert attempts.wait_seconds("Key", "192.0.2.1") == 0


@pytest.mark.parametrize(
    ("first", "same", "other"),
    [
        ("192.0.2.1", "192.0.2.1", "192.0.2.2"),
        ("2001:db8::1", "2001:db8::ffff:1", "2001:db8:0:1::1"),
        ("::ffff:192.0.2.1", "192.0.2.1", "::ffff:192.0.2.2"),
        ("a socket", "a socket", ""),
    ],
)
def test_one_address_is_limited_for_all_keys(clock: list[float], first: str, same: str, other: str) -> None:
    attempts = Attempts()
    for number in range(ADDRESS_ATTEMPTS_MAX):
        attempts.failed(str(number), first)
    assert attempts.wait_seconds("another", same) == PERIOD_SECONDS
    assert attempts.wait_seconds("another", other) == 0


def test_what_is_remembered_is_bounded(clock: list[float]) -> None:
    attempts = Attempts()
    for number in range(REMEMBERED_MAX):
        attempts.failed("x" * 1_000_000 if number == 0 else str(number), f"192.0.{number // 256}.{number % 256}")
    assert len(attempts._failures) == REMEMBERED_MAX
    assert max(len(client_id) for client_id, _ in attempts._failures) <= 40

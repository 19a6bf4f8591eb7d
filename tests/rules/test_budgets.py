"""The budgets of callers, and the room for the executor."""

import asyncio

import pytest

from resolvers import budgets
from resolvers.budgets import Budgets, CostLimits, network_of
from schema.room import Room


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The time, which only the test changes."""
    now = [1_000.0]
    monkeypatch.setattr(budgets, "monotonic", lambda: now[0])
    return now


def test_a_budget_refills_evenly_within_a_minute(clock: list[float]) -> None:
    budget = Budgets(CostLimits(per_minute=600)).of("Ada")
    assert [budget.spend(500), budget.left, budget.full_in_seconds] == [0, 100, 50]
    assert [budget.spend(150), budget.left] == [5, 100]
    clock[0] += 4.9
    assert budget.spend(150) == 1
    clock[0] += 0.2
    assert [budget.spend(150), budget.left] == [0, 1]
    clock[0] += 3_600
    assert [budget.spend(1), budget.left] == [0, 599]


def test_each_caller_has_a_budget_and_the_oldest_of_too_many_is_forgotten(
    clock: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(budgets, "_CALLERS_MAX", 2)
    known = Budgets(CostLimits(per_minute=10))
    assert [known.of(name).spend(10) for name in ("a", "b")] == [0, 0]
    assert [known.of(name).spend(10) for name in ("a", "b")] == [60, 60]
    assert [known.of(name).spend(10) for name in ("c", "b", "a")] == [0, 60, 0]


def test_an_operation_may_cost_no_more_than_a_whole_budget() -> None:
    assert CostLimits(operation=100, per_minute=60).most == 60


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("fe80::1%eth0", "fe80::"),
        ("a socket", "a socket"),
    ],
)
def test_an_anonymous_caller_is_an_address_or_an_ipv6_network(address: str, name: str) -> None:
    assert network_of(address) == name


def test_operations_wait_for_room_in_the_order_in_which_they_came() -> None:
    async def go() -> list[str]:
        room, done = Room(10), []

        async def use(name: str, cost: int) -> None:
            async with room.taken(cost):
                done.append(f"{name} begins")
                await asyncio.sleep(0.01)
                done.append(f"{name} ends")

        left = asyncio.create_task(use("first", 8))
        await asyncio.sleep(0)
        impatient = asyncio.create_task(use("impatient", 20))
        others = [asyncio.create_task(use(name, cost)) for name, cost in [("second", 5), ("third", 5), ("fourth", 1)]]
        await asyncio.sleep(0)
        impatient.cancel()
        await asyncio.gather(left, *others)
        async with room.taken(20):  # everything was given back
            return done

    assert asyncio.run(go()) == [
        *["first begins", "first ends"],
        *["second begins", "third begins", "second ends", "third ends"],
        *["fourth begins", "fourth ends"],
    ]

"""Who is next: the promises of fairness, order and ageing."""

import random
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.domain.gate import Gate
from services.jobs.domain.jobs import Job, Policy
from services.jobs.domain.lanes import Lanes
from services.jobs.domain.levels import AGEING

unhurried = settings(deadline=None)


CRITICAL, NORMAL, LOW = 1, 3, 4


def job(number: int, tenant: str = "", key: str = "", priority: int = NORMAL, since: float = 0.0) -> Job:
    made = Job(number, "q", tenant, key, "t", priority, 0, 0.0, Policy(), b"")
    made.since = since
    return made


def taken(lanes: Lanes) -> list[Job]:
    found = []
    while (one := lanes.next()) is not None:
        found.append(one)
    return found


def test_a_quiet_tenant_waits_for_one_round_however_many_keys_the_flood_has() -> None:
    lanes = Lanes(Gate())
    for number in range(10_000):
        lanes.add(job(number, "loud", f"key-{number % 1000}"))
    for _ in range(100):
        lanes.next()
    lanes.add(job(-1, "quiet"))
    assert [lanes.next().tenant for _ in range(2)].count("quiet") == 1  # type: ignore[union-attr]


@unhurried
@given(
    weights=st.lists(st.integers(1, 9), min_size=2, max_size=6),
    keys=st.lists(st.integers(1, 50), min_size=6, max_size=6),
)
def test_between_two_turns_of_a_tenant_come_at_most_the_weights_of_the_others(
    weights: list[int], keys: list[int]
) -> None:
    gate = Gate()
    gate.weights = {f"t{place}": weight for place, weight in enumerate(weights)}
    lanes = Lanes(gate)
    for place in range(len(weights)):
        for number in range(200):
            lanes.add(job(number, f"t{place}", f"k{number % keys[place]}"))
    served = [lanes.next().tenant for _ in range(200)]  # type: ignore[union-attr]
    for place, weight in enumerate(weights):
        bound = sum(weights) - weight
        waits = longest_run_without(served, f"t{place}")
        assert waits <= bound
    shares = Counter(served[: sum(weights) * (200 // sum(weights))])
    rounds = 200 // sum(weights)
    assert shares == {f"t{place}": weight * rounds for place, weight in enumerate(weights)}


def longest_run_without(served: list[str], tenant: str) -> int:
    longest = run = 0
    for one in served:
        run = 0 if one == tenant else run + 1
        longest = max(longest, run)
    return longest


def test_jobs_of_a_key_keep_their_order() -> None:
    lanes = Lanes(Gate())
    jobs = [job(number, f"t{number % 3}", f"k{number % 7}") for number in range(500)]
    for one in jobs:
        lanes.add(one)
    served = taken(lanes)
    assert len(served) == 500
    for place in {(one.tenant, one.key) for one in jobs}:
        numbers = [one.id for one in served if (one.tenant, one.key) == place]
        assert numbers == sorted(numbers)


def test_a_key_at_its_limit_is_passed_over_until_it_has_room() -> None:
    gate = Gate()
    gate.per_key = 1
    lanes = Lanes(gate)
    for number in range(3):
        lanes.add(job(number, "a", "busy"))
    lanes.add(job(9, "a", "other"))
    first = lanes.next()
    assert first is not None
    gate.take(first)
    second = lanes.next()
    assert second is not None
    assert second.key == "other"
    gate.take(second)
    assert lanes.next() is None
    gate.leave(first)
    lanes.wake("a", "busy")
    assert getattr(lanes.next(), "id", None) == 1


@pytest.mark.parametrize(("waited", "first"), [(AGEING * 2.9, CRITICAL), (AGEING * 3, LOW)])
def test_a_low_job_rises_to_the_top_and_no_faster(waited: float, first: int) -> None:
    lanes = Lanes(Gate())
    lanes.add(job(1, priority=LOW))
    for _ in range(3):
        lanes.age(waited)
    lanes.add(job(2, priority=CRITICAL, since=waited))
    served = lanes.next()
    assert served is not None
    assert served.priority == first


def test_nothing_is_lost_whatever_the_limits() -> None:
    chance = random.Random(7)  # noqa: S311
    gate = Gate()
    gate.per_key, gate.per_tenant = 2, 5
    lanes = Lanes(gate)
    running: list[Job] = []
    done = 0
    for number in range(2000):
        lanes.add(job(number, f"t{chance.randrange(9)}", f"k{chance.randrange(4)}", chance.randint(1, 4)))
    while done < 2000:
        one = lanes.next()
        if one is not None:
            gate.take(one)
            running.append(one)
            counts = Counter((held.tenant, held.key) for held in running)
            assert max(counts.values()) <= 2
            assert max(Counter(held.tenant for held in running).values()) <= 5
        if one is None or chance.random() < 0.5:
            ended = running.pop(chance.randrange(len(running)))
            gate.leave(ended)
            lanes.wake(ended.tenant, ended.key)
            done += 1

"""The scripts in Redis say exactly what the algorithms in Python say, call by call, on a clock that is set."""

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.asyncio import Redis

from services.ratelimit.domain import algorithms
from services.ratelimit.domain.limits import SECOND, Algorithm, Calendar
from services.ratelimit.domain.terms import NEVER, Terms
from services.ratelimit.store import wire
from services.ratelimit.store.wire import What
from tests.conftest import Backends
from tests.ratelimit.scripted import START, Counters, a_limit, counting

windows = st.sampled_from([10, 60, 3600]).map(lambda seconds: seconds * SECOND)
gaps = st.one_of(
    st.integers(0, 3), st.integers(0, 90 * SECOND), st.sampled_from([SECOND, 10 * SECOND, 60 * SECOND, 3600 * SECOND])
)
steps = st.lists(st.tuples(gaps, st.integers(0, 4)), min_size=1, max_size=30)
patiences = st.sampled_from([0.0, 5.0 * SECOND, float("inf")])


class Bench:
    """One event loop and one connection for all examples of a test."""

    def __init__(self, backends: Backends) -> None:
        self.runner = asyncio.Runner()
        self.counters = self.runner.run(self._open(backends.redis))

    async def _open(self, url: str) -> Counters:
        self._stack = AsyncExitStack()
        redis = await self._stack.enter_async_context(Redis.from_url(url))
        self._stack.push_async_callback(redis.flushdb)
        return await self._stack.enter_async_context(counting(redis))

    def close(self) -> None:
        self.runner.run(self._stack.aclose())
        self.runner.close()


@pytest.fixture
def bench(backends: Backends) -> Iterator[Bench]:
    bench = Bench(backends)
    yield bench
    bench.close()


FIXTURES = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@FIXTURES
@given(st.sampled_from(Algorithm), steps, st.integers(1, 9), st.integers(1, 12), windows, patiences)
def test_a_script_says_what_the_algorithm_says(
    bench: Bench,
    algorithm: Algorithm,
    steps: list[tuple[int, int]],
    rate: int,
    burst: int,
    window: int,
    patience: float,
) -> None:
    buckets = (Algorithm.TOKEN_BUCKET, Algorithm.LEAKY_BUCKET)
    limit = a_limit(algorithm, rate, window, burst=burst if algorithm in buckets else 0)

    async def compare() -> None:
        await bench.counters.redis.flushdb()
        counter = algorithms.new(algorithm)
        now = START
        for gap, units in steps:
            now += gap
            await bench.counters.at(now)
            answer = await bench.counters.ask((limit, "ada", units), patience=patience)
            terms = Terms.of(limit, units, "", now)
            look = counter.look(now, terms)
            allowed = look.allowed and look.delay <= patience
            used = look.used + units * allowed
            if allowed:
                counter = counter.take(now, terms)
            [line] = answer.lines
            flags, capacity, remaining, retry, reset, delay = line
            assert (answer.outcome == wire.Outcome.ADMITTED, bool(flags & wire.ALLOWED)) == (allowed, allowed)
            assert (capacity, remaining, delay) == (limit.capacity, max(0, limit.capacity - used), look.delay)
            near = (limit.capacity - used) * 5 < limit.capacity
            assert answer.ordinary == (allowed and not near and not look.delay)
            wait = max(look.retry, look.delay - patience) if look.delay > patience else look.retry
            assert retry == (NEVER if look.retry == NEVER else wait)
            if units:
                after = counter.look(now, terms)
                assert reset == (after.reset if allowed else look.reset)

    bench.runner.run(compare())


@FIXTURES
@given(
    st.sampled_from(Calendar),
    st.sampled_from(["UTC", "Europe/Berlin", "America/St_Johns", "Asia/Kathmandu"]),
    st.lists(st.tuples(st.integers(0, 40 * 86_400), st.integers(1, 3)), min_size=1, max_size=15),
)
def test_a_calendar_window_in_redis_is_the_one_of_the_wall_clock(
    bench: Bench, calendar: Calendar, zone: str, steps: list[tuple[int, int]]
) -> None:
    limit = a_limit(Algorithm.FIXED_WINDOW, 4, 0, calendar=calendar, time_zone=zone)

    async def compare() -> None:
        await bench.counters.redis.flushdb()
        counter = algorithms.new(Algorithm.FIXED_WINDOW)
        now = START
        for gap, units in steps:
            now += gap * SECOND
            await bench.counters.at(now)
            answer = await bench.counters.ask((limit, "ada", units))
            terms = Terms.of(limit, units, "", now)
            look = counter.look(now, terms)
            assert (answer.outcome == wire.Outcome.ADMITTED) == look.allowed
            assert answer.lines[0][3] == look.retry
            if look.allowed:
                counter = counter.take(now, terms)

    bench.runner.run(compare())


@FIXTURES
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from("abc"), st.integers(1, 3)), min_size=1, max_size=25),
    st.lists(st.sampled_from([one for one in Algorithm if one is not Algorithm.LEAKY_BUCKET]), min_size=3, max_size=3),
)
def test_all_limits_of_a_call_are_charged_or_none(
    bench: Bench, calls: list[tuple[str, str, int]], kinds: list[Algorithm]
) -> None:
    """Whatever was let through is what each counter holds: a refused call left no trace in any of them."""
    limits = {name: a_limit(kind, 6, id=name) for name, kind in zip("abc", kinds, strict=True)}

    async def compare() -> None:
        await bench.counters.redis.flushdb()
        await bench.counters.at(START)
        held = dict.fromkeys("abc", 0)
        for one, other, units in calls:
            names = sorted({one, other})
            answer = await bench.counters.ask(*((limits[name], "ada", units) for name in names))
            fits = [held[name] + units <= 6 for name in names]
            assert (answer.outcome == wire.Outcome.ADMITTED) == all(fits)
            assert [bool(line[0] & wire.ALLOWED) for line in answer.lines] == fits
            for name in names:
                held[name] += units * all(fits)
            assert [await bench.counters.used(limits[name]) for name in "abc"] == list(held.values())

    bench.runner.run(compare())


@FIXTURES
@given(
    st.sampled_from([Algorithm.SLIDING_LOG, Algorithm.FIXED_WINDOW, Algorithm.SLIDING_WINDOW, Algorithm.TOKEN_BUCKET]),
    st.lists(
        st.tuples(st.integers(0, 20 * SECOND), st.integers(1, 3), st.one_of(st.none(), st.integers(0, 5))),
        min_size=1,
        max_size=12,
    ),
)
def test_an_estimate_that_was_replaced_weighs_what_the_call_came_to(
    bench: Bench, algorithm: Algorithm, steps: list[tuple[int, int, int | None]]
) -> None:
    """Never less is counted than if the calls had weighed from the start what they came to."""
    limit = a_limit(algorithm, 20, 60 * SECOND)
    exact = algorithm in (Algorithm.SLIDING_LOG, Algorithm.FIXED_WINDOW)

    async def compare() -> None:
        await bench.counters.redis.flushdb()
        known = algorithms.new(algorithm)
        now = START
        for number, (gap, units, actual) in enumerate(steps):
            now += gap
            await bench.counters.at(now)
            id_ = f"reservation-{number}"
            answer = await bench.counters.ask((limit, "ada", units), reservation=id_)
            if answer.outcome == wire.Outcome.ADMITTED:
                final = units
                if actual is not None:
                    assert await bench.counters.ledger.settle(id_, actual) == 1
                    assert await bench.counters.ledger.settle(id_, actual) == 1
                    assert await bench.counters.ledger.settle(id_, actual + 1) == 2
                    final = actual
                known = known.take(now, Terms.of(limit, final, "", now))
            truth = known.look(now, Terms.of(limit, 0, "", now)).used
            [line] = (await bench.counters.ask((limit, "ada", 0), what=What.PEEK)).lines
            held = limit.capacity - line[2]
            assert held == min(truth, limit.capacity) if exact else held >= min(truth, limit.capacity)

    bench.runner.run(compare())


@FIXTURES
@given(
    st.lists(
        st.tuples(
            st.sampled_from([one for one in Algorithm if one is not Algorithm.CONCURRENCY]),
            st.sampled_from(["ada", "bob"]),
            st.integers(1, 3),
            st.sampled_from([What.TAKE, What.PEEK, What.CHARGE, What.REFUSE]),
        ),
        min_size=1,
        max_size=40,
    )
)
def test_calls_of_a_batch_are_decided_one_after_the_other(
    bench: Bench, calls: list[tuple[Algorithm, str, int, What]]
) -> None:
    """Calls of all kinds that are asked for at once, each by what those before it left."""
    limits = {one: a_limit(one, 6, id=one.name.lower()) for one in Algorithm}

    async def compare() -> None:
        await bench.counters.redis.flushdb()
        await bench.counters.at(START)
        asked = [bench.counters.ask((limits[kind], who, units), what=what) for kind, who, units, what in calls]
        counters = {(kind, who): algorithms.new(kind) for kind, who, _, _ in calls}
        for (kind, who, units, what), answer in zip(calls, await asyncio.gather(*asked), strict=True):
            terms = Terms.of(limits[kind], units, "", START)
            look = counters[kind, who].look(START, terms)
            admitted = what is not What.REFUSE and (look.allowed or what is What.CHARGE)
            assert (answer.outcome == wire.Outcome.ADMITTED, bool(answer.lines[0][0])) == (admitted, look.allowed)
            if admitted and what is not What.PEEK:
                counters[kind, who] = counters[kind, who].take(START, terms)

    bench.runner.run(compare())

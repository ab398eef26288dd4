"""The algorithms against an oracle that looks at every window."""

from hypothesis import given
from hypothesis import strategies as st

from services.ratelimit.domain import algorithms
from services.ratelimit.domain.algorithms import fixed_window
from services.ratelimit.domain.limits import SECOND, Algorithm
from services.ratelimit.domain.terms import NEVER, Terms
from tests.ratelimit import oracle

START = 1_800_000_000 * SECOND
RATES = [one for one in Algorithm if one is not Algorithm.CONCURRENCY]

windows = st.sampled_from([7, 10, 60]).map(lambda seconds: seconds * SECOND)
gaps = st.one_of(st.integers(0, 3), st.integers(0, 30 * SECOND), st.sampled_from([SECOND, 5 * SECOND, 10 * SECOND]))
steps = st.lists(st.tuples(gaps, st.integers(1, 4)), min_size=1, max_size=40)


def timed(steps: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Steps as calls: instants with units."""
    now = START
    calls = []
    for gap, units in steps:
        now += gap
        calls.append((now, units))
    return calls


def run(algorithm: Algorithm, calls: list[tuple[int, int]], limit: int, capacity: int, window: int) -> list[bool]:
    """Which calls are let through."""
    counter = algorithms.new(algorithm)
    verdicts = []
    for now, units in calls:
        terms = Terms(units, capacity, limit, window)
        verdicts.append(counter.look(now, terms).allowed)
        if verdicts[-1]:
            counter = counter.take(now, terms)
    return verdicts


@given(st.sampled_from(RATES), steps, st.integers(1, 8), windows)
def test_no_window_ever_holds_more_than_the_bound(
    algorithm: Algorithm, steps: list[tuple[int, int]], limit: int, window: int
) -> None:
    calls = timed(steps)
    verdicts = run(algorithm, calls, limit, limit, window)
    admitted = [call for call, allowed in zip(calls, verdicts, strict=True) if allowed]
    assert oracle.worst_window(admitted, window) <= oracle.bound(algorithm, limit, limit)


@given(steps, st.integers(1, 8), windows)
def test_the_log_lets_through_exactly_what_the_oracle_does(
    steps: list[tuple[int, int]], limit: int, window: int
) -> None:
    calls = timed(steps)
    assert run(Algorithm.SLIDING_LOG, calls, limit, limit, window) == oracle.exact_log(calls, limit, window)


@given(steps, st.integers(1, 8), st.integers(1, 12), windows)
def test_the_bucket_lets_through_exactly_what_the_oracle_does(
    steps: list[tuple[int, int]], limit: int, capacity: int, window: int
) -> None:
    calls = timed(steps)
    assert run(Algorithm.TOKEN_BUCKET, calls, limit, capacity, window) == oracle.bucket(calls, limit, capacity, window)


@given(steps, st.integers(1, 8), windows)
def test_an_aligned_window_holds_exactly_the_limit(steps: list[tuple[int, int]], limit: int, window: int) -> None:
    calls = timed(steps)
    held: dict[int, int] = {}
    for (now, units), allowed in zip(calls, run(Algorithm.FIXED_WINDOW, calls, limit, limit, window), strict=True):
        start, _ = fixed_window.window(now, Terms(units, limit, limit, window))
        assert allowed == (held.get(start, 0) + units <= limit)
        held[start] = held.get(start, 0) + units * allowed


@given(st.sampled_from(RATES), steps, st.integers(1, 8), windows)
def test_a_refused_call_is_let_through_when_it_was_told_to_come_back_and_not_before(
    algorithm: Algorithm, steps: list[tuple[int, int]], limit: int, window: int
) -> None:
    counter = algorithms.new(algorithm)
    for now, units in timed(steps):
        terms = Terms(units, limit, limit, window)
        look = counter.look(now, terms)
        assert (look.retry == 0) == look.allowed
        if look.allowed:
            counter = counter.take(now, terms)
        elif look.retry == NEVER:
            assert units > limit
        else:
            assert counter.look(now + look.retry, terms).allowed
            assert not counter.look(now + look.retry - 1, terms).allowed


@given(st.sampled_from(RATES), steps, st.integers(1, 8), windows)
def test_a_counter_is_as_new_after_its_reset(
    algorithm: Algorithm, steps: list[tuple[int, int]], limit: int, window: int
) -> None:
    counter = algorithms.new(algorithm)
    now = START
    for at, units in timed(steps):
        now, terms = at, Terms(units, limit, limit, window)
        if counter.look(now, terms).allowed:
            counter = counter.take(now, terms)
    look = counter.look(now, Terms(1, limit, limit, window))
    assert counter.look(now + look.reset, Terms(limit, limit, limit, window)).used == 0


def test_a_leaky_bucket_spaces_calls_evenly() -> None:
    counter = algorithms.new(Algorithm.LEAKY_BUCKET)
    terms = Terms(1, capacity=4, rate=2, window=SECOND)
    delays = []
    for _ in range(4):
        delays.append(counter.look(START, terms).delay)
        counter = counter.take(START, terms)
    assert delays == [0, SECOND // 2, SECOND, 3 * SECOND // 2]
    assert not counter.look(START, terms).allowed


def test_the_worst_case_of_two_counters_comes_close_to_twice_the_limit() -> None:
    """The bound that is published is not idle: this is how it is reached."""
    window, limit = 10 * SECOND, 100
    start = START - START % window
    late = [(start + window - 1, 1)] * limit
    drip = [(start + window + at, 1) for at in range(0, window, window // 1000)]
    verdicts = run(Algorithm.SLIDING_WINDOW, [*late, *drip], limit, limit, window)
    admitted = [call for call, allowed in zip([*late, *drip], verdicts, strict=True) if allowed]
    assert 1.9 * limit < oracle.worst_window(admitted, window) < 2 * limit

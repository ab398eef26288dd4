"""The board: states, retries, graphs and promises."""

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.domain import graph, retries
from services.jobs.domain.board import Board
from services.jobs.domain.jobs import MOVES, Dependency, Failure, FailureClass, Job, Policy, State
from services.jobs.domain.queues import Settings
from services.jobs.domain.refusals import Cycle, StepUnknown
from services.jobs.domain.workers import GRACE, Worker

unhurried = settings(deadline=None)


SUCCESS, FAILURE, ALWAYS = 1, 2, 3
LOST = Failure(FailureClass.LOST, "L", "lost")
BAD = Failure(FailureClass.PERMANENT, "BAD", "is bad")


def board(**settings: Settings) -> Board:
    return Board(1, settings, random.Random(1), 0.0)  # noqa: S311


def job(number: int, policy: Policy | None = None, *, key: str = "", after: tuple[Dependency, ...] = ()) -> Job:
    made = Job(number, "q", "", key, "t", 3, 0, 0.0, policy or Policy(), b"")
    made.dependencies = after
    return made


def worker(on: Board, name: str = "w", capacity: int = 10, **resources: float) -> Worker:
    one = on.connect(name, 0.0)
    one.queues, one.tasks, one.capacity = ("q",), {"t": None}, capacity
    one.offer(resources)
    return one


def ended(on: Board) -> dict[int, State]:
    return dict(zip(on.turn.ended_ids, map(State, on.turn.ended_states), strict=True))


def test_a_ticket_is_good_for_its_worker_and_once() -> None:
    on = board()
    one, other = worker(on), worker(on, "other")
    on.arrive(job(1), {}, 0.0)
    on.assign(0.0)
    [ticket] = one.running
    on.succeeded(other, [ticket], 1.0)
    assert on.turn.told["other"].stale == [ticket]
    on.succeeded(one, [ticket, ticket], 1.0)
    assert on.turn.told["w"].recorded == [ticket]
    assert on.turn.told["w"].stale == [ticket]
    assert ended(on) == {1: State.SUCCEEDED}


def test_a_job_that_loses_three_workers_is_poison() -> None:
    on = board()
    on.arrive(job(1), {}, 0.0)
    now = 0.0
    for _ in range(3):
        now += 1000.0
        on.tick(now)
        worker(on).heard = now
        on.pass_time(now)
        on.assign(now)
        on.disconnect("w")
        for _ in range(int(GRACE) + 1):
            now += 1.0
            on.tick(now)
    assert ended(on) == {1: State.DEAD}
    assert [one.failure.code for one in on.turn.dead] == ["WORKER_LOST"]


def test_a_worker_gets_only_what_fits() -> None:
    on = board()
    small, large = worker(on, "small", cpu=1), worker(on, "large", cpu=8, gpu=1)
    on.arrive(job(1, Policy(resources={"cpu": 2})), {}, 0.0)
    on.arrive(job(2, Policy(resources={"cpu": 1})), {}, 0.0)
    on.arrive(job(3, Policy(resources={"cpu": 6, "gpu": 1})), {}, 0.0)
    on.arrive(job(4, Policy(resources={"cpu": 6})), {}, 0.0)
    on.assign(0.0)
    assert [held.id for held in small.running.values()] == [2]
    assert sum(held.policy.resources["cpu"] for held in large.running.values()) <= 8
    assert len(large.running) + len(small.running) == 3
    for ticket in list(large.running):
        on.succeeded(large, [ticket], 1.0)
    on.assign(1.0)
    assert len(large.running) == 1


@pytest.mark.parametrize(
    ("condition", "fails", "state"),
    [
        (SUCCESS, False, None),
        (SUCCESS, True, State.SKIPPED),
        (FAILURE, False, State.SKIPPED),
        (FAILURE, True, None),
        (ALWAYS, False, None),
        (ALWAYS, True, None),
    ],
)
def test_a_job_waits_for_another_to_come_out_as_it_must(condition: int, fails: bool, state: State | None) -> None:
    on = board()
    one = worker(on)
    on.arrive(job(1), {}, 0.0)
    on.arrive(job(2, after=(Dependency(1, condition),)), {}, 0.0)
    on.arrive(job(3, after=(Dependency(2, SUCCESS),)), {}, 0.0)
    on.assign(0.0)
    [ticket] = one.running
    on.outcome(one, ticket, b"", BAD if fails else None, False, 1.0)
    if state is None:
        assert on.jobs[2].state is State.READY
        assert on.jobs[3].state is State.WAITING
    else:
        assert ended(on)[2] is ended(on)[3] is State.SKIPPED


def test_a_parent_that_ended_before_is_remembered() -> None:
    on = board()
    on.arrive(job(2, after=(Dependency(1, SUCCESS),)), {1: State.SUCCEEDED}, 0.0)
    on.arrive(job(3, after=(Dependency(1, SUCCESS),)), {1: State.DEAD}, 0.0)
    assert on.jobs[2].state is State.READY
    assert ended(on) == {3: State.SKIPPED}


def test_fan_in_waits_for_all() -> None:
    on = board()
    one = worker(on)
    for number in range(5):
        on.arrive(job(number), {}, 0.0)
    on.arrive(job(9, after=tuple(Dependency(number, SUCCESS) for number in range(5))), {}, 0.0)
    on.assign(0.0)
    for place, ticket in enumerate(list(one.running)):
        assert on.jobs[9].state is State.WAITING, place
        on.succeeded(one, [ticket], 1.0)
    assert on.jobs[9].state is State.READY


def test_a_key_that_is_served_one_by_one_waits_for_its_retry() -> None:
    on = board(q=Settings(max_running_per_key=1))
    one = worker(on)
    for number in range(3):
        on.arrive(job(number, key="k"), {}, 0.0)
    order: list[int] = []
    now = 0.0
    failed = False
    while len(order) < 3:
        on.pass_time(now)
        on.assign(now)
        assert len(one.running) <= 1
        for ticket, held in list(one.running.items()):
            if held.id == 0 and not failed:
                failed = True
                on.outcome(one, ticket, b"", Failure(FailureClass.TRANSIENT, "T", "t"), False, now)
            else:
                order.append(held.id)
                on.succeeded(one, [ticket], now)
        now += 0.1
    assert order == [0, 1, 2]


def test_limits_and_pauses_hold() -> None:
    on = board(q=Settings(max_running=2))
    one = worker(on)
    for number in range(5):
        on.arrive(job(number), {}, 0.0)
    on.assign(0.0)
    assert len(one.running) == 2
    on.configure("q", Settings(paused=True), 0.0)
    on.succeeded(one, list(one.running), 0.0)
    on.assign(0.0)
    assert not one.running
    on.configure("q", Settings(max_starts_per_second=10), 0.0)
    started, now = 0, 0.0
    while started < 3:
        now += 0.01
        on.assign(now)
        started += len(one.running)
        on.succeeded(one, list(one.running), now)
    assert now >= 0.19


def test_a_promise_that_breaks_or_will_is_announced_once() -> None:
    on = board()
    one = worker(on, capacity=1)
    on.arrive(job(0, Policy(max_run=5.0)), {}, 0.0)
    on.assign(0.0)
    for number in range(1, 200):
        on.arrive(job(number), {}, 0.0)
    on.arrive(job(999, Policy(max_queue=30.0)), {}, 0.0)
    for second in range(1, 8):
        on.tick(float(second))
        if second > 5:
            assert [(miss.promise, miss.foreseen) for miss in on.turn.missed][:1] == [("max_run_duration", False)]
    for second in range(8, 14):
        on.succeeded(one, list(one.running), float(second))
        on.assign(float(second))
        on.tick(float(second))
    told = [(miss.job.id, miss.promise, miss.foreseen) for miss in on.turn.missed]
    assert told == [(0, "max_run_duration", False), (999, "max_queue_duration", True)]


@unhurried
@given(failures=st.integers(1, 200), most=st.floats(0.01, 1000))
def test_delays_are_full_jitter_below_the_doubled_bound(failures: int, most: float) -> None:
    one = job(1, Policy(initial_delay=0.5, max_delay=most))
    one.failures = failures
    delay = retries.delay(one, Failure(FailureClass.TRANSIENT, "", ""), random.Random(failures))  # noqa: S311
    assert 0 <= delay <= min(most, 0.5 * 2.0 ** min(failures - 1, 60))


def test_a_fingerprint_leaves_out_what_changes() -> None:
    def of(message: str) -> str:
        return retries.fingerprint("t", Failure(FailureClass.PERMANENT, "C", message))

    assert of("order 17 of 'ada' is gone") == of("order 9 of 'bob' is gone")
    assert of("order 17 is gone") != of("cart 17 is gone")


def test_a_retry_without_budget_waits_longest() -> None:
    on = board()
    one = worker(on, capacity=500)
    for number in range(150):
        on.arrive(job(number, Policy(initial_delay=0.001, max_delay=77.0)), {}, 0.0)
    on.assign(0.0)
    for ticket in list(one.running):
        on.outcome(one, ticket, b"", Failure(FailureClass.TRANSIENT, "T", "t"), False, 0.0)
    assert sum(held.ready == 77.0 for held in on.jobs.values()) == 50


def test_a_cycle_is_named_and_so_is_a_step_that_is_not_there() -> None:
    with pytest.raises(Cycle) as caught:
        graph.check({"a": ["c"], "b": ["a"], "c": ["b"], "d": []})
    names = caught.value.metadata["cycle"].split(" -> ")
    assert (names[0], len(names)) == (names[-1], 4)
    waits_for = {"a": "c", "b": "a", "c": "b"}
    assert all(waits_for[one] == following for one, following in pairwise(names))
    with pytest.raises(StepUnknown):
        graph.check({"a": ["b"]})


def test_final_states_have_no_way_out() -> None:
    assert {state for state in State if not state.final} == set(MOVES)
    assert all(not start.final for start in MOVES)


@unhurried
@given(st.randoms(use_true_random=False))
def test_whatever_happens_every_job_ends_once_and_moves_are_legal(chance: random.Random) -> None:
    on = Board(1, {"q": Settings(max_running_per_key=1, max_running=4)}, chance, 0.0)
    moves: list[tuple[State, State]] = []
    count, now = 40, 0.0
    for number in range(count):
        one = job(number, Policy(max_attempts=2, max_delay=2.0), key=f"k{chance.randrange(3)}")
        if number and chance.random() < 0.3:
            one.dependencies = (Dependency(chance.randrange(number), chance.choice([1, 2, 3])),)
        on.arrive(one, ended(on), now)
    queue = on.queues["q"]
    move = queue.move

    def noted(job: Job, state: State) -> None:
        if job.state is not state:
            moves.append((job.state, state))
        move(job, state)

    queue.move = noted  # type: ignore[method-assign]
    names = ["a", "b"]
    for _ in range(3000):
        if not on.jobs:
            break
        now += chance.random()
        for name in names:
            worker(on, name, 3).heard = now
        on.pass_time(now)
        on.assign(now)
        for name in names:
            held = on.workers.get(name)
            for ticket in list(held.running) if held else []:
                assert held is not None
                match chance.randrange(6):
                    case 0:
                        on.outcome(held, ticket, b"", Failure(FailureClass.TRANSIENT, "T", "t"), False, now)
                    case 1:
                        on.outcome(held, ticket, b"", BAD, False, now)
                    case 2 | 3:
                        on.succeeded(held, [ticket], now)
                    case 4 if chance.random() < 0.1:
                        on.cancel(held.running[ticket].id, now)
        if chance.random() < 0.02:
            on.disconnect("a")
            now += GRACE + 1
            on.workers["b"].heard = now
        on.tick(now)
    assert not on.jobs
    assert sorted(on.turn.ended_ids) == list(range(count))
    assert all(after in MOVES[before] for before, after in moves), set(moves)
    assert queue.count[State.RUNNING] == queue.count[State.READY] == 0
    assert not queue.gate.running_keys
    assert not queue.gate.running_tenants


def test_a_retry_keeps_its_key_under_another_dispatcher() -> None:
    on = board(q=Settings(max_running_per_key=1))
    one = worker(on)
    retried, behind = job(1, key="k"), job(2, key="k")
    retried.failures, retried.ready = 1, 10.0
    on.arrive(retried, {}, 0.0)
    on.arrive(behind, {}, 0.0)
    on.assign(0.0)
    assert not one.running
    on.pass_time(10.0)
    on.assign(10.0)
    assert [held.id for held in one.running.values()] == [1]


def test_a_run_that_gives_itself_up_is_tried_again() -> None:
    on = board()
    one = worker(on)
    on.arrive(job(1), {}, 0.0)
    on.assign(0.0)
    [ticket] = one.running
    on.outcome(one, ticket, b"", None, True, 1.0)
    assert on.jobs[1].state is State.RETRYING


def test_a_promise_is_broken_also_where_nothing_is_done() -> None:
    on = board()
    on.arrive(job(1, Policy(max_queue=5.0)), {}, 0.0)
    on.tick(6.0)
    on.tick(7.0)
    assert [(one.promise, one.foreseen) for one in on.turn.missed] == [("max_queue_duration", False)]

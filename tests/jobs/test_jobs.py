"""Enqueueing, working and what becomes of jobs, over the wire."""

import asyncio
import time
from functools import partial

import pytest
from google.protobuf.timestamp_pb2 import Timestamp
from redis.asyncio import Redis

from clients.worker import JobError, Run
from mesh.jobs.v1 import job_pb2
from mesh.jobs.v1.job_service_pb2 import (
    CancelJobRequest,
    ListDeadLetterGroupsRequest,
    ListJobRunsRequest,
    ListJobsRequest,
    RedriveJobsRequest,
    RunJobRequest,
    UpdateJobRequest,
    WatchRunRequest,
)
from services._platform.doorbell import open_doorbell
from services._platform.jobs import CHANNEL
from services.jobs.domain.watch import STALL
from services.jobs.store.turns import TICK
from tests.conftest import Backends, Clock, eventually
from tests.inventory.conftest import refused
from tests.jobs.conftest import Jobs, spec


async def test_a_job_is_worked_on_once(jobs: Jobs) -> None:
    seen: list[bytes] = []

    async def note(run: Run) -> bytes:
        seen.append(run.payload)
        return b"done"

    async with jobs.worker({"note": note}):
        name = await jobs.enqueue("note", b"one", keep_result=True)
        job = await jobs.reaches(name, "SUCCEEDED")
        assert seen == [b"one"]
        assert (job.run, job.worker, job.result) == (1, "w", b"done")
        assert (await refused(jobs.jobs.CancelJob(CancelJobRequest(name=name)))).reason == "JOB_CLOSED"


async def test_a_batch_is_worked_on(jobs: Jobs) -> None:
    seen: list[bytes] = []

    async def note(run: Run) -> None:
        seen.append(run.payload)

    async with jobs.worker({"note": note}):
        names = await jobs.enqueue_many(*(spec("note", b"%d" % number) for number in range(1000)))
        for name in names[::100]:
            await jobs.reaches(name, "SUCCEEDED")
        await eventually(lambda: _is(len(seen) == 1000))
    assert len(set(seen)) == 1000


async def test_a_delayed_job_waits_for_its_time_or_for_run(jobs: Jobs) -> None:
    later, now = job_pb2.JobSpec(), job_pb2.JobSpec()
    later.CopyFrom(spec("noop"))
    later.ready_time.FromSeconds(int(jobs.clock().timestamp()) + 3600)
    now.CopyFrom(later)
    first, second = await jobs.enqueue_many(later, now)
    async with jobs.worker({"noop": _noop}):
        assert await jobs.state(first) == "SCHEDULED"
        await jobs.jobs.RunJob(RunJobRequest(name=second))
        await jobs.reaches(second, "SUCCEEDED")
        assert await jobs.state(first) == "SCHEDULED"
        jobs.clock.advance(seconds=3601)
        await jobs.reaches(first, "SUCCEEDED")


async def test_a_transient_failure_is_tried_again_and_a_permanent_one_is_not(jobs: Jobs) -> None:
    tries: list[int] = []

    async def twice(run: Run) -> None:
        tries.append(run.item.run)
        if len(tries) < 3:
            raise ConnectionError(f"try {len(tries)} of 3")

    async def never(run: Run) -> None:
        raise JobError("order 17 is gone", code="GONE", permanent=True)

    policy = job_pb2.RetryPolicy()
    policy.initial_delay.FromMilliseconds(1)
    async with jobs.worker({"twice": twice, "never": never}):
        name = await jobs.enqueue("twice", retry=policy)

        async def done() -> bool:
            jobs.clock.advance(seconds=1)
            return await jobs.state(name) == "SUCCEEDED"

        await eventually(done)
        assert tries == [1, 2, 3]
        runs = (await jobs.jobs.ListJobRuns(ListJobRunsRequest(parent=name))).job_runs
        assert [run.failure.message for run in runs] == ["try 1 of 3", "try 2 of 3", ""]
        dead = await jobs.reaches(await jobs.enqueue("never"), "DEAD")
        assert (dead.run, dead.failure.code) == (1, "GONE")


async def test_dead_letters_are_grouped_edited_and_redriven(jobs: Jobs) -> None:
    async def picky(run: Run) -> None:
        if run.payload != b"good":
            raise JobError(f"order {run.item.run}{run.payload!r} is bad", permanent=True)

    async with jobs.worker({"picky": picky}):
        names = await jobs.enqueue_many(*(spec("picky", b"bad %d" % number) for number in range(3)))
        for name in names:
            await jobs.reaches(name, "DEAD")
        groups = await jobs.jobs.ListDeadLetterGroups(ListDeadLetterGroupsRequest())
        [group] = groups.dead_letter_groups
        assert (group.count, set(group.sample_jobs)) == (3, set(names))
        listed = await jobs.jobs.ListJobs(ListJobsRequest(filter="state = JOB_STATE_DEAD"))
        assert {job.name for job in listed.jobs} == set(names)

        edited = UpdateJobRequest(job=job_pb2.Job(name=names[0], spec=spec("picky", b"good")))
        edited.update_mask.paths.append("spec.task")
        await jobs.jobs.UpdateJob(edited)
        redriven = await jobs.jobs.RedriveJobs(RedriveJobsRequest(fingerprint=group.fingerprint))
        assert redriven.redriven_count == 3
        await jobs.reaches(names[0], "SUCCEEDED")
        for name in names[1:]:
            await eventually(partial(_dead_again, jobs, name))
        refusal = await refused(jobs.jobs.RedriveJobs(RedriveJobsRequest(jobs=[names[0]])))
        assert refusal.reason == "JOB_NOT_DEAD"


async def test_that_a_job_died_is_announced_at_once(jobs: Jobs, backends: Backends) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def fail(_: Run) -> None:
        started.set()
        await go.wait()
        raise JobError("no", permanent=True)

    async def listens() -> bool:
        return bell.rings > 0

    async with (
        Redis.from_url(backends.redis) as redis,
        open_doorbell(redis, CHANNEL) as bell,
        jobs.worker({"noop": fail}),
    ):
        await jobs.enqueue()
        await started.wait()
        await eventually(listens)
        rings = bell.rings
        go.set()
        await bell.wait(rings, 10)
        assert bell.rings > rings


async def test_a_cancelled_run_is_told_to_stop(jobs: Jobs) -> None:
    stopped, started = asyncio.Event(), asyncio.Event()

    async def endless(run: Run) -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    waiting = await jobs.enqueue("endless", ready_time=_at(jobs, 60))
    await jobs.jobs.CancelJob(CancelJobRequest(name=waiting))
    await jobs.reaches(waiting, "CANCELLED")
    async with jobs.worker({"endless": endless}):
        running = await jobs.enqueue("endless")
        await started.wait()
        await jobs.jobs.CancelJob(CancelJobRequest(name=running))
        await asyncio.wait_for(stopped.wait(), 10)
        await jobs.reaches(running, "CANCELLED")


async def test_a_run_that_takes_too_long_is_stopped_and_tried_again(jobs: Jobs) -> None:
    runs: list[int] = []

    async def slow(run: Run) -> None:
        runs.append(run.item.run)
        if run.item.run == 1:
            await asyncio.Event().wait()

    async with jobs.worker({"slow": slow}):
        asked = spec("slow")
        asked.timeout.FromSeconds(5)
        [name] = await jobs.enqueue_many(asked)
        await jobs.reaches(name, "RUNNING")

        async def done() -> bool:
            pace.advance()
            return await jobs.state(name) == "SUCCEEDED"

        pace = Pace(jobs.clock)
        await eventually(done, 30)
        assert runs == [1, 2]


async def test_progress_and_state_are_watched(jobs: Jobs) -> None:
    go = asyncio.Event()

    async def telling(run: Run) -> bytes:
        run.progress(50, "half", "line one", "line two")
        await go.wait()
        return b"ok"

    name = await jobs.enqueue("telling", keep_result=True)
    stream = jobs.jobs.WatchRun(WatchRunRequest(name=name))
    states: list[str] = []
    lines: list[str] = []
    async with jobs.worker({"telling": telling}), asyncio.timeout(20):
        async for told in stream:
            if told.HasField("progress"):
                lines += told.progress.log_lines
                go.set()
            if told.HasField("job"):
                states.append(job_pb2.JobState.Name(told.job.state))
    assert lines == ["line one", "line two"]
    assert states[-1] == "JOB_STATE_SUCCEEDED"


async def test_a_result_answers_the_same_question(jobs: Jobs) -> None:
    asked: list[bytes] = []

    async def answer(run: Run) -> bytes:
        asked.append(run.payload)
        return b"42"

    question = spec("answer", b"?", keep_result=True)
    question.result_cache_lifetime.FromSeconds(60)
    async with jobs.worker({"answer": answer}):
        [first] = await jobs.enqueue_many(question)
        assert (await jobs.reaches(first, "SUCCEEDED")).result == b"42"
        [second] = await jobs.enqueue_many(question)
        assert (await jobs.reaches(second, "SUCCEEDED")).result == b"42"
        assert asked == [b"?"]
        jobs.clock.advance(seconds=61)
        [third] = await jobs.enqueue_many(question)
        await jobs.reaches(third, "SUCCEEDED")
        assert len(asked) == 2


async def test_a_job_that_did_not_start_in_time_expires(jobs: Jobs) -> None:
    asked = spec("nobody")
    asked.expire_time.FromSeconds(int(jobs.clock().timestamp()) + 10)
    [name] = await jobs.enqueue_many(asked)
    assert await jobs.state(name) == "READY"
    jobs.clock.advance(seconds=11)
    await jobs.reaches(name, "EXPIRED")


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("IGNORE", (b"old", 0)), ("REPLACE", (b"new", 60)), ("EXTEND", (b"old", 60))],
)
async def test_a_unique_key_that_is_taken(jobs: Jobs, policy: str, expected: tuple[bytes, int]) -> None:
    conflict = job_pb2.ConflictPolicy.Value(f"CONFLICT_POLICY_{policy}")
    key = job_pb2.UniqueKey(key="one", on_conflict=conflict)
    first = await jobs.enqueue("noop", b"old", unique=key)
    later = _at(jobs, 60)
    second = await jobs.enqueue("noop", b"new", unique=key, ready_time=later)
    assert second == first
    job = await jobs.get(first)
    payload, delay = expected
    assert job.spec.task.payload == payload
    assert (job.state == job_pb2.JOB_STATE_SCHEDULED) == bool(delay)
    async with jobs.worker({"noop": _noop}):
        jobs.clock.advance(seconds=61)
        await jobs.reaches(first, "SUCCEEDED")
        assert await jobs.enqueue("noop", b"again", unique=key) != first


async def test_ten_thousand_duplicates_are_one_job(jobs: Jobs) -> None:
    refuse = job_pb2.UniqueKey(key="one", on_conflict=job_pb2.CONFLICT_POLICY_REFUSE)
    ignore = job_pb2.UniqueKey(key="one")
    names = await jobs.enqueue_many(*(spec("noop", unique=ignore) for _ in range(10_000)))
    assert len(set(names)) == 1
    refusals = await asyncio.gather(*(refused(jobs.enqueue("noop", unique=refuse)) for _ in range(50)))
    assert {refusal.reason for refusal in refusals} == {"JOB_CONFLICT"}


async def test_a_worker_that_is_lost_loses_its_runs_and_its_word(jobs: Jobs) -> None:
    started = asyncio.Event()

    async def endless(run: Run) -> None:
        started.set()
        await asyncio.Event().wait()

    async with jobs.worker({"task": endless}, "first"):
        name = await jobs.enqueue("task")
        await started.wait()
    async with jobs.worker({"task": _noop}, "second"):

        async def done() -> bool:
            pace.advance()
            return await jobs.state(name) == "SUCCEEDED"

        pace = Pace(jobs.clock)
        await eventually(done, 30)
    assert ((await jobs.get(name)).run, (await jobs.get(name)).worker) == (2, "second")


async def test_a_clock_that_jumps_costs_no_run(jobs: Jobs) -> None:
    started, go = asyncio.Event(), asyncio.Event()

    async def held(run: Run) -> None:
        started.set()
        await go.wait()

    async with jobs.worker({"task": held}):
        name = await jobs.enqueue("task")
        await started.wait()
        for jump in (86_400, -90_000, 7200):
            jobs.clock.advance(seconds=jump)
            # Another job goes all the way, so the dispatcher has seen the clock.
            await jobs.reaches(await jobs.enqueue("task"), "RUNNING")
        go.set()
        assert (await jobs.reaches(name, "SUCCEEDED")).run == 1


class Pace:
    """Sets the clock forward, no further at once than the dispatcher takes for time that passed."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._last = 0.0

    def advance(self) -> None:
        """Sets it forward if the dispatcher has seen it since."""
        if time.monotonic() - self._last > 2 * TICK:
            self._last = time.monotonic()
            self._clock.advance(seconds=STALL - 4)


async def _noop(_run: Run) -> None:
    return None


async def _is(value: bool) -> bool:
    return value


async def _dead_again(jobs: Jobs, name: str) -> bool:
    job = await jobs.get(name)
    return job.state == job_pb2.JOB_STATE_DEAD and job.run > 2


def _at(jobs: Jobs, seconds: int) -> Timestamp:
    return Timestamp(seconds=int(jobs.clock().timestamp()) + seconds)

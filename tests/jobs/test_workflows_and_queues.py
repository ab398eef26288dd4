"""Workflows and queues over the wire."""

import asyncio
from contextlib import suppress

import grpc
import pytest

from clients.worker import JobError, Run
from mesh.jobs.v1 import job_pb2, queue_pb2, workflow_pb2
from mesh.jobs.v1.queue_service_pb2 import (
    DrainQueueRequest,
    GetQueueRequest,
    PauseQueueRequest,
    ResumeQueueRequest,
    UpdateQueueRequest,
    WatchQueueRequest,
)
from mesh.jobs.v1.workflow_service_pb2 import CreateWorkflowRequest, GetWorkflowRequest
from tests.conftest import eventually
from tests.inventory.conftest import refused
from tests.jobs.conftest import Jobs, spec

QUEUE = "queues/default"


def workflow(**waits_for: list[str]) -> CreateWorkflowRequest:
    steps = []
    for step, parents in waits_for.items():
        asked = spec(step)
        asked.dependencies.extend(job_pb2.Dependency(on=parent) for parent in parents)
        steps.append(workflow_pb2.WorkflowStep(step_id=step, spec=asked))
    return CreateWorkflowRequest(workflow=workflow_pb2.Workflow(steps=steps))


async def test_steps_run_after_those_that_they_wait_for(jobs: Jobs) -> None:
    order: list[str] = []

    async def note(run: Run) -> None:
        order.append(run.item.task)

    made = await jobs.workflows.CreateWorkflow(
        workflow(last=["left", "right"], left=["first"], right=["first"], first=[])
    )
    async with jobs.worker(dict.fromkeys(["first", "left", "right", "last"], note)):

        async def done() -> bool:
            return (await jobs.workflows.GetWorkflow(GetWorkflowRequest(name=made.name))).open_count == 0

        await eventually(done)
    assert (order[0], order[-1], len(order)) == ("first", "last", 4)


async def test_a_step_that_dies_skips_those_behind_it(jobs: Jobs) -> None:
    async def die(run: Run) -> None:
        raise JobError("no", permanent=True)

    made = await jobs.workflows.CreateWorkflow(workflow(a=[], b=["a"], c=["b"]))
    async with jobs.worker({"a": die}):

        async def done() -> bool:
            return (await jobs.workflows.GetWorkflow(GetWorkflowRequest(name=made.name))).open_count == 0

        await eventually(done)
    found = await jobs.workflows.GetWorkflow(GetWorkflowRequest(name=made.name))
    assert [job_pb2.JobState.Name(step.state).removeprefix("JOB_STATE_") for step in found.steps] == [
        "DEAD",
        "SKIPPED",
        "SKIPPED",
    ]


@pytest.mark.parametrize(
    ("request_", "reason"),
    [
        (workflow(a=["b"], b=["a"]), "CYCLE"),
        (workflow(a=["a"]), "CYCLE"),
        (workflow(a=["z"]), "STEP_UNKNOWN"),
        (workflow(a=["jobs/00000000-0000-4000-8000-000000000000"]), "PARENT_NOT_FOUND"),
    ],
)
async def test_a_workflow_that_does_not_hang_together(jobs: Jobs, request_: CreateWorkflowRequest, reason: str) -> None:
    refusal = await refused(jobs.workflows.CreateWorkflow(request_))
    assert refusal.reason == reason
    if reason == "CYCLE":
        assert " -> " in refusal.metadata["cycle"]


async def test_a_job_may_not_wait_for_what_is_not_there(jobs: Jobs) -> None:
    for parent in ("jobs/00000000-0000-4000-8000-000000000000", "jobs/x", "x"):
        asked = spec("noop")
        asked.dependencies.add(on=parent)
        assert (await refused(jobs.enqueue_many(asked))).reason == "PARENT_NOT_FOUND"


async def test_a_paused_queue_hands_nothing_out(jobs: Jobs) -> None:
    seen: list[str] = []

    async def note(run: Run) -> None:
        seen.append(run.item.job)

    await jobs.queues.PauseQueue(PauseQueueRequest(name=QUEUE, tenant="acme", reason="unpaid"))
    async with jobs.worker({"noop": note}):
        held = await jobs.enqueue(tenant="acme")
        await jobs.reaches(await jobs.enqueue(tenant="other"), "SUCCEEDED")
        assert await jobs.state(held) == "READY"
        [pause] = (await jobs.queues.GetQueue(GetQueueRequest(name=QUEUE))).pauses
        assert (pause.tenant, pause.reason) == ("acme", "unpaid")
        await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE, tenant="acme"))
        await jobs.reaches(held, "SUCCEEDED")
    assert (await refused(jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE)))).reason == "NOT_PAUSED"


async def test_a_drained_queue_takes_nothing_and_works_off_what_is_there(jobs: Jobs) -> None:
    name = await jobs.enqueue()
    await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE))
    assert (await refused(jobs.enqueue())).reason == "QUEUE_FULL"

    async def noop(run: Run) -> None:
        return None

    async with jobs.worker({"noop": noop}):
        await jobs.reaches(name, "SUCCEEDED")
    await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE))
    await jobs.enqueue()


@pytest.mark.parametrize("part", [{"task": "noop"}, {"tenant": "acme"}], ids=lambda part: next(iter(part)))
async def test_a_part_of_a_queue_is_drained(jobs: Jobs, part: dict[str, str]) -> None:
    """What is of that part is refused and worked off; the rest of the queue goes on, in the same calls."""
    theirs, others = spec("noop", tenant="acme"), spec("other", tenant="quiet")
    [there] = await jobs.enqueue_many(theirs)
    drained = await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE, reason="closing", **part))
    assert [(one.task, one.tenant, one.reason) for one in drained.drains] == [
        (part.get("task", ""), part.get("tenant", ""), "closing")
    ]
    assert (await refused(jobs.enqueue_many(others, theirs))).reason == "QUEUE_FULL"

    async def noop(run: Run) -> None:
        return None

    async with jobs.worker({"noop": noop, "other": noop}):
        for name in (there, *await jobs.enqueue_many(others)):
            await jobs.reaches(name, "SUCCEEDED")
        resumed = await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE, **part))
        assert not resumed.drains
        [again] = await jobs.enqueue_many(theirs)
        await jobs.reaches(again, "SUCCEEDED")


async def test_a_full_queue_takes_nothing_until_there_is_room(jobs: Jobs) -> None:
    await jobs.queues.UpdateQueue(UpdateQueueRequest(queue=queue_pb2.Queue(name=QUEUE, max_waiting=5)))
    await jobs.enqueue_many(*(spec() for _ in range(5)))

    async def full() -> bool:
        try:
            await jobs.enqueue_many(spec("other"))
        except grpc.aio.AioRpcError as error:
            return error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        return False

    await eventually(full)

    async def noop(run: Run) -> None:
        return None

    async with jobs.worker({"noop": noop, "other": noop}):

        async def room() -> bool:
            return not await full()

        await eventually(room)


async def test_limits_hold_over_all_workers(jobs: Jobs) -> None:
    running: set[str] = set()
    most = 0

    async def busy(run: Run) -> None:
        nonlocal most
        running.add(run.item.job)
        most = max(most, len(running))
        await asyncio.sleep(0)
        running.discard(run.item.job)

    queue = queue_pb2.Queue(name=QUEUE, max_running=3)
    await jobs.queues.UpdateQueue(UpdateQueueRequest(queue=queue))
    async with jobs.worker({"busy": busy}, "one"), jobs.worker({"busy": busy}, "two"):
        names = await jobs.enqueue_many(*(spec("busy") for _ in range(60)))
        for name in names:
            await jobs.reaches(name, "SUCCEEDED")
    assert most <= 3


async def test_the_numbers_of_a_queue_are_watched(jobs: Jobs) -> None:
    await jobs.enqueue_many(*(spec("nobody") for _ in range(7)))

    async def seven() -> bool:
        stream = jobs.queues.WatchQueue(WatchQueueRequest(name=QUEUE))
        with suppress(grpc.aio.AioRpcError):
            async for told in stream:
                stream.cancel()
                return told.statistics.ready_count == 7
        return False

    await eventually(seven)

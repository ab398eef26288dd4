"""A drained queue takes no jobs, whatever brings them."""

from functools import partial
from typing import Any

import pytest

from clients.worker import JobError, Run
from mesh.jobs.v1 import job_pb2, schedule_pb2, workflow_pb2
from mesh.jobs.v1.job_service_pb2 import ListJobsRequest, RedriveJobsRequest, UpdateJobRequest
from mesh.jobs.v1.queue_service_pb2 import DrainQueueRequest, ResumeQueueRequest
from mesh.jobs.v1.schedule_service_pb2 import BackfillScheduleRequest, CreateScheduleRequest, GetScheduleRequest
from mesh.jobs.v1.workflow_service_pb2 import CreateWorkflowRequest
from services._platform.clock import system_clock
from services._platform.errors import ResourceExhausted
from services._platform.stores import open_stores
from services._platform.unit_of_work import Unit
from tests.conftest import Database, eventually, settings
from tests.inventory.conftest import refused
from tests.jobs.conftest import Jobs, spec

QUEUE, SCHEDULE = "queues/default", "schedules/tick"


async def enqueued(jobs: Jobs) -> int:
    return len((await jobs.jobs.ListJobs(ListJobsRequest(page_size=250))).jobs)


async def counted(jobs: Jobs, **counts: int) -> schedule_pb2.Schedule:
    """The schedule, once its counts are as they should be."""

    async def there() -> bool:
        schedule = await jobs.schedules.GetSchedule(GetScheduleRequest(name=SCHEDULE))
        return all(getattr(schedule, name) == count for name, count in counts.items())

    await eventually(there)
    return await jobs.schedules.GetSchedule(GetScheduleRequest(name=SCHEDULE))


async def test_a_schedule_counts_what_its_queue_does_not_take_and_a_backfill_makes_up(jobs: Jobs) -> None:
    schedule = schedule_pb2.Schedule(
        timing=schedule_pb2.Timing(cron="*/10 * * * *"),
        spec=spec("tick"),
        overlap=schedule_pb2.OVERLAP_POLICY_CANCEL_OTHER,
    )
    await jobs.schedules.CreateSchedule(CreateScheduleRequest(schedule_id="tick", schedule=schedule))
    jobs.clock.advance(minutes=10)
    await counted(jobs, fired_count=1)
    [first] = (await jobs.jobs.ListJobs(ListJobsRequest())).jobs
    await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE))

    start = jobs.clock()
    jobs.clock.advance(minutes=10)
    skipped = await counted(jobs, fired_count=1, skipped_count=1)
    assert skipped.skip_reason == "queues/default is full or drained"
    assert await jobs.state(first.name) == "READY", "what is there is not called off for one that does not come"
    backfill = BackfillScheduleRequest(name=SCHEDULE)
    backfill.start_time.FromDatetime(start)
    backfill.end_time.FromDatetime(jobs.clock())
    assert (await refused(jobs.schedules.BackfillSchedule(backfill))).reason == "QUEUE_FULL"
    assert await enqueued(jobs) == 1

    await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE))
    assert (await jobs.schedules.BackfillSchedule(backfill)).enqueued_count == 1
    jobs.clock.advance(minutes=10)
    assert (await counted(jobs, fired_count=2, skipped_count=1)).skip_reason == ""


async def test_a_workflow_into_it_is_refused_whole(jobs: Jobs) -> None:
    await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE, task="closed"))
    steps = [workflow_pb2.WorkflowStep(step_id=task, spec=spec(task)) for task in ("open", "closed")]
    request = CreateWorkflowRequest(workflow=workflow_pb2.Workflow(steps=steps))
    assert (await refused(jobs.workflows.CreateWorkflow(request))).reason == "QUEUE_FULL"
    assert await enqueued(jobs) == 0


async def test_dead_jobs_stay_dead_until_it_takes_them(jobs: Jobs) -> None:
    async def fail(_: Run) -> None:
        raise JobError("no", permanent=True)

    async with jobs.worker({"noop": fail}):
        name = await jobs.enqueue()
        await jobs.reaches(name, "DEAD")
    await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE))
    assert (await refused(jobs.jobs.RedriveJobs(RedriveJobsRequest(jobs=[name])))).reason == "QUEUE_FULL"
    assert await jobs.state(name) == "DEAD"
    await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE))
    assert (await jobs.jobs.RedriveJobs(RedriveJobsRequest(jobs=[name]))).redriven_count == 1
    await jobs.reaches(name, "READY")


@pytest.mark.parametrize("part", [{"task": "closed"}, {"tenant": "acme"}], ids=str)
async def test_an_edit_moves_no_waiting_job_into_it(jobs: Jobs, part: dict[str, Any]) -> None:
    name = await jobs.enqueue("open")
    await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE, **part))
    edit = UpdateJobRequest(job=job_pb2.Job(name=name, spec=spec("closed", tenant="acme")))
    assert (await refused(jobs.jobs.UpdateJob(edit))).reason == "QUEUE_FULL"
    assert (await jobs.get(name)).spec.task.task == "open"

    await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE, **part))
    assert (await jobs.jobs.UpdateJob(edit)).spec.task.task == "closed"


async def test_what_waits_in_it_may_be_edited(jobs: Jobs) -> None:
    name = await jobs.enqueue("open")
    await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE))
    edit = UpdateJobRequest(job=job_pb2.Job(name=name, spec=spec("other")))
    assert (await jobs.jobs.UpdateJob(edit)).spec.task.task == "other"


@pytest.mark.parametrize("part", [{}, {"task": "noop"}, {"tenant": "acme"}], ids=str)
async def test_a_commit_of_another_service_that_enqueues_in_it_is_refused(
    jobs: Jobs, database: Database, part: dict[str, Any]
) -> None:
    async def work(unit: Unit, asked: job_pb2.JobSpec) -> str:
        return unit.enqueue(asked)

    async with open_stores("inventory", settings(database, "inventory"), system_clock) as stores:
        await jobs.queues.DrainQueue(DrainQueueRequest(name=QUEUE, **part))
        with pytest.raises(ResourceExhausted, match="full or drained") as caught:
            await stores.units.commit(partial(work, asked=spec("noop", tenant="acme")))
        assert (caught.value.reason, caught.value.metadata) == ("QUEUE_FULL", {"queue": QUEUE})
        assert await enqueued(jobs) == 0
        name = await stores.units.commit(partial(work, asked=spec("noop", tenant="acme", queue="queues/other")))
        await jobs.reaches(name, "READY")
        await jobs.queues.ResumeQueue(ResumeQueueRequest(name=QUEUE, **part))
        name = await stores.units.commit(partial(work, asked=spec("noop", tenant="acme")))
        await jobs.reaches(name, "READY")

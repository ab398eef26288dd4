"""Jobs over the wire, and a small vocabulary for its tests."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, cast

import grpc
import pytest

from clients.worker import Function, Worker
from mesh.jobs.v1 import (
    job_pb2,
    job_service_pb2_grpc,
    queue_service_pb2_grpc,
    schedule_service_pb2_grpc,
    workflow_service_pb2_grpc,
)
from mesh.jobs.v1.job_service_pb2 import BatchCreateJobsRequest, CreateJobRequest, GetJobRequest
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub
from services.jobs.__main__ import compose
from tests import callers
from tests.callers import AuthorizedChannel
from tests.conftest import Clock, Database, eventually, serving, settings

SUCCEEDED = job_pb2.JOB_STATE_SUCCEEDED


@dataclass(frozen=True)
class Jobs:
    """Stubs of a running jobs service."""

    channel: grpc.aio.Channel
    clock: Clock
    plain: grpc.aio.Channel | None = None
    """The same channel, without credentials."""

    def by(self, access_token: str) -> "Jobs":
        """The same service, called with an access token."""
        assert self.plain
        channel = AuthorizedChannel(self.plain, access_token)
        return replace(self, channel=cast("grpc.aio.Channel", channel))

    @property
    def jobs(self) -> "job_service_pb2_grpc.JobServiceAsyncStub":
        return job_service_pb2_grpc.JobServiceStub(self.channel)

    @property
    def queues(self) -> "queue_service_pb2_grpc.QueueServiceAsyncStub":
        return queue_service_pb2_grpc.QueueServiceStub(self.channel)

    @property
    def schedules(self) -> "schedule_service_pb2_grpc.ScheduleServiceAsyncStub":
        return schedule_service_pb2_grpc.ScheduleServiceStub(self.channel)

    @property
    def workflows(self) -> "workflow_service_pb2_grpc.WorkflowServiceAsyncStub":
        return workflow_service_pb2_grpc.WorkflowServiceStub(self.channel)

    async def enqueue(self, task: str = "noop", payload: bytes = b"", **more: Any) -> str:
        """Enqueues a task; returns the job's name."""
        return (await self.jobs.CreateJob(CreateJobRequest(spec=spec(task, payload, **more)))).name

    async def enqueue_many(self, *specs: job_pb2.JobSpec) -> list[str]:
        """Enqueues jobs in one commit; returns their names."""
        return list((await self.jobs.BatchCreateJobs(BatchCreateJobsRequest(specs=specs))).jobs)

    async def get(self, name: str) -> job_pb2.Job:
        """A job."""
        return await self.jobs.GetJob(GetJobRequest(name=name))

    async def state(self, name: str) -> str:
        """The state of a job, without the prefix."""
        return job_pb2.JobState.Name((await self.get(name)).state).removeprefix("JOB_STATE_")

    async def reaches(self, name: str, state: str) -> job_pb2.Job:
        """Waits until a job is in a state; returns it."""

        async def there() -> bool:
            return await self.state(name) == state

        await eventually(there)
        return await self.get(name)

    @asynccontextmanager
    async def worker(self, tasks: Mapping[str, Function], name: str = "w", **more: Any) -> AsyncIterator[Worker]:
        """A worker while the block lasts."""
        channel = self.by(callers.token("services/inventory", ["service"])).channel
        worker = Worker(WorkServiceStub(channel).Work, name, tasks, **more)
        working = asyncio.create_task(worker.work())
        try:
            yield worker
        finally:
            working.cancel()
            with suppress(asyncio.CancelledError):
                await working


def spec(task: str = "noop", payload: bytes = b"", **more: Any) -> job_pb2.JobSpec:
    """A job for a task."""
    return job_pb2.JobSpec(task=job_pb2.TaskTarget(task=task, payload=payload), **more)


@pytest.fixture
async def jobs(database: Database, clock: Clock) -> AsyncIterator[Jobs]:
    """A running jobs service on a database of its own."""
    async with running(database, clock) as jobs:
        yield jobs


@asynccontextmanager
async def running(database: Database, clock: Clock, **more: object) -> AsyncIterator[Jobs]:
    """One replica of jobs."""
    asked = settings(database, "jobs", **more)
    async with serving(partial(compose, clock=clock), asked, access_token="") as plain:
        yield Jobs(plain, clock, plain).by(callers.token())

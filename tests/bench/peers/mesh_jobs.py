"""Our side of the bench: enqueues over gRPC, and works over one `Work` stream."""

import os
import sys

import uvloop

from clients.channel import connect
from clients.worker import Run, Worker
from mesh.jobs.v1.job_pb2 import JobSpec, TaskTarget
from mesh.jobs.v1.job_service_pb2 import BatchCreateJobsRequest
from mesh.jobs.v1.job_service_pb2_grpc import JobServiceStub
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub

BATCH = 1000


async def noop(_run: Run) -> None:
    """Does nothing."""


async def main(what: str, count: int) -> None:
    """Enqueues, or works until it is stopped."""
    async with connect(os.environ["BENCH_TARGET"]) as channel:
        if what == "work":
            await Worker(WorkServiceStub(channel).Work, "bench", {"noop": noop}, capacity=2000).work()
        specs = [JobSpec(task=TaskTarget(task="noop"))] * BATCH
        for _ in range(count // BATCH):
            await JobServiceStub(channel).BatchCreateJobs(BatchCreateJobsRequest(specs=specs))


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))

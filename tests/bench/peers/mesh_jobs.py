"""Our side of the bench of jobs: enqueues over gRPC, and works over one `Work` stream.

It is told by its environment: BENCH_TARGET, and BENCH_CALLER and BENCH_WORKER, credentials of who enqueues and works.
"""

import asyncio
import os
from collections.abc import Mapping
from functools import partial

import uvloop

from clients.channel import connect
from clients.worker import Run, Worker
from mesh.jobs.v1.job_pb2 import JobSpec, TaskTarget
from mesh.jobs.v1.job_service_pb2 import BatchCreateJobsRequest
from mesh.jobs.v1.job_service_pb2_grpc import JobServiceStub
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub
from tests.bench.peers.closed_loop import KINDS, ClosedLoop


async def main() -> None:
    """Enqueues and works as it is told."""
    async with connect(os.environ["BENCH_TARGET"]) as channel:
        service, caller = JobServiceStub(channel), (("authorization", os.environ["BENCH_CALLER"]),)

        async def enqueue(kind: str, payload: bytes, count: int) -> None:
            specs = [JobSpec(task=TaskTarget(task=kind, payload=payload))] * count
            await service.BatchCreateJobs(BatchCreateJobsRequest(specs=specs), metadata=caller)

        async def headers() -> Mapping[str, str]:
            return {"authorization": os.environ["BENCH_WORKER"]}

        loop = ClosedLoop(enqueue, window=8000, batch=1000)

        async def job(kind: str, run: Run) -> None:
            await loop.job(kind, run.payload)

        tasks = {kind: partial(job, kind) for kind in KINDS}
        worker = Worker(WorkServiceStub(channel).Work, f"bench-{os.getpid()}", tasks, capacity=2000, headers=headers)
        working = asyncio.create_task(worker.work())
        await loop.run()
        working.cancel()


if __name__ == "__main__":
    uvloop.run(main())

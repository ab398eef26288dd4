"""Our side of the bench: enqueues over gRPC, and works over one `Work` stream.

    python -m tests.bench.peers.mesh_jobs enqueue|work|pickup COUNT

`pickup` enqueues COUNT jobs a second for ten seconds, takes them itself, and says how long they waited, in seconds.
"""

import asyncio
import json
import os
import sys
from collections.abc import Mapping
from statistics import quantiles
from time import perf_counter

import grpc
import uvloop

from clients.channel import connect
from clients.worker import Function, Run, Worker
from mesh.jobs.v1.job_pb2 import JobSpec, TaskTarget
from mesh.jobs.v1.job_service_pb2 import BatchCreateJobsRequest
from mesh.jobs.v1.job_service_pb2_grpc import JobServiceStub
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub

BATCH = 1000
SECONDS, SLICE = 10.0, 0.02


async def noop(_run: Run) -> None:
    """Does nothing."""


def worker(channel: grpc.aio.Channel, tasks: Mapping[str, Function]) -> Worker:
    """A worker with much room."""

    async def headers() -> Mapping[str, str]:
        return {"authorization": os.environ["BENCH_WORKER"]}

    return Worker(WorkServiceStub(channel).Work, "bench", tasks, capacity=2000, headers=headers)


async def enqueue(channel: grpc.aio.Channel, specs: list[JobSpec]) -> None:
    """Enqueues jobs in one commit."""
    metadata = (("authorization", os.environ["BENCH_CALLER"]),)
    await JobServiceStub(channel).BatchCreateJobs(BatchCreateJobsRequest(specs=specs), metadata=metadata)


async def pickup(channel: grpc.aio.Channel, rate: int) -> dict[str, float]:
    """How long jobs waited that were enqueued at a steady rate, from the call that enqueued them to their start."""
    waits: list[float] = []

    async def note(run: Run) -> None:
        waits.append(perf_counter() - float(run.payload))

    working = asyncio.create_task(worker(channel, {"note": note}).work())
    started, sent = perf_counter(), 0
    async with asyncio.TaskGroup() as calls:
        while (passed := perf_counter() - started) < SECONDS:
            due = int(passed * rate) - sent
            sent += due
            payload = str(perf_counter()).encode()
            if due:
                specs = [JobSpec(task=TaskTarget(task="note", payload=payload))] * due
                calls.create_task(enqueue(channel, specs))
            await asyncio.sleep(SLICE)
    async with asyncio.timeout(60):
        while len(waits) < sent:  # noqa: ASYNC110  the other end is another process
            await asyncio.sleep(SLICE)
    working.cancel()
    cuts = quantiles(waits, n=100)
    return {"jobs": len(waits), "p50": cuts[49], "p99": cuts[98]}


async def main(what: str, count: int) -> None:
    """Enqueues, or works until it is stopped, or both."""
    async with connect(os.environ["BENCH_TARGET"]) as channel:
        if what == "work":
            await worker(channel, {"noop": noop}).work()
        elif what == "pickup":
            sys.stdout.write(json.dumps(await pickup(channel, count)) + "\n")
        else:
            specs = [JobSpec(task=TaskTarget(task="noop"))] * BATCH
            for _ in range(count // BATCH):
                await enqueue(channel, specs)


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], int(sys.argv[2])))

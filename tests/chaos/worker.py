"""A worker to kill: `python -m tests.chaos.worker NAME LOG`, told of the mesh as a service of it is.

It writes a line into LOG for each run that it has done, before it says so.
"""

import json
import sys
from pathlib import Path

import grpc
import uvloop

from clients.channel import connect
from clients.worker import JobError, Run, Worker
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub
from services._platform.clock import system_clock
from services._platform.errors import Refusal
from services._platform.service_token import ServiceToken
from services._platform.settings import Settings, from_environment

CAPACITY = 20


async def main(name: str, log: Path) -> None:
    """Works until it is ended."""
    settings = from_environment(Settings)
    token = ServiceToken(settings, "inventory", system_clock)

    async def note(run: Run) -> None:
        task = json.loads(run.payload)
        if task["kind"] == "poison":
            raise JobError("it is poison", code="POISON", permanent=True)
        if task["kind"] == "flaky" and run.item.run == 1:
            raise ConnectionError("the first try fails")
        line = json.dumps({"job": run.item.job, "run": run.item.run, "ticket": run.item.ticket})
        with log.open("a") as file:
            file.write(f"{line}\n")

    async with connect(settings.services["jobs"], balanced=True) as channel:
        await Worker(
            WorkServiceStub(channel).Work,
            name,
            {"chaos.note": note},
            queues=["chaos"],
            capacity=CAPACITY,
            headers=token.headers,
            broken=(grpc.aio.AioRpcError, Refusal),
        ).work()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1], Path(sys.argv[2])))

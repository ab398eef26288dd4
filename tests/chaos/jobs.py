"""Kills workers, dispatchers and stores at random while jobs are enqueued and done, and checks the whole history.

python -m tests.chaos.jobs --seconds 120 --seed 7
"""

import asyncio
import os
import random
import subprocess
import sys
import tempfile
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import grpc

from mesh.jobs.v1 import job_pb2, queue_pb2, schedule_pb2
from mesh.jobs.v1.job_service_pb2 import BatchCreateJobsRequest
from mesh.jobs.v1.job_service_pb2_grpc import JobServiceStub
from mesh.jobs.v1.queue_service_pb2 import UpdateQueueRequest
from mesh.jobs.v1.queue_service_pb2_grpc import QueueServiceStub
from mesh.jobs.v1.schedule_service_pb2 import CreateScheduleRequest, PauseScheduleRequest
from mesh.jobs.v1.schedule_service_pb2_grpc import ScheduleServiceStub
from services._local import plan
from services._local.layout import CHECKOUT, read_json
from tests.chaos.command import given, say
from tests.chaos.jobs_history import JobsHistory, assert_kept, unfinished
from tests.conftest import eventually
from tests.system.mesh import Mesh, running

QUEUE, SCHEDULE = "chaos", "chaos-every-second"
STORES_AND_WORKERS = ("postgres", "redis", "worker")
KEYS, BATCH, WORKERS = 5, 20, 2
KINDS = ("plain", "plain", "plain", "flaky", "poison")
_AGAIN = 0.2


@dataclass
class Load:
    """Enqueues batch after batch, each until it is acknowledged, and keeps workers that do the jobs."""

    mesh: Mesh
    channel: grpc.aio.Channel
    folder: Path
    dice: random.Random
    history: JobsHistory = field(default_factory=JobsHistory)
    workers: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def metadata(self) -> tuple[tuple[str, str], ...]:
        """Who calls: the administrator, by an API key."""
        return (("x-api-key", read_json(self.mesh.layout.credentials, {})["admin_api_key"]),)

    async def prepare(self) -> None:
        """Keys are served one by one; a schedule fires every second."""
        queue = queue_pb2.Queue(name=f"queues/{QUEUE}", max_running_per_key=1)
        await QueueServiceStub(self.channel).UpdateQueue(UpdateQueueRequest(queue=queue), metadata=self.metadata)
        schedule = schedule_pb2.Schedule(
            timing=schedule_pb2.Timing(cron="* * * * * *"),
            spec=self.spec("plain", ""),
            overlap=schedule_pb2.OVERLAP_POLICY_ALLOW,
            missed=schedule_pb2.MISSED_FIRE_POLICY_CATCH_UP,
        )
        request = CreateScheduleRequest(schedule_id=SCHEDULE, schedule=schedule)
        await ScheduleServiceStub(self.channel).CreateSchedule(request, metadata=self.metadata)
        for _ in range(WORKERS):
            self.start_worker()

    def spec(self, kind: str, key: str) -> job_pb2.JobSpec:
        """A job. What a worker takes with it when it dies is given to another after three seconds."""
        spec = job_pb2.JobSpec(queue=f"queues/{QUEUE}", key=key)
        spec.task.task, spec.task.payload = "chaos.note", b'{"kind": "%s"}' % kind.encode()
        spec.timeout.FromSeconds(3)
        spec.retry.max_attempts = 100
        spec.retry.initial_delay.FromMilliseconds(100)
        spec.retry.max_delay.FromSeconds(1)
        return spec

    async def enqueue(self, ending: asyncio.Event) -> None:
        """Enqueues until it is told to stop."""
        while not ending.is_set():
            kinds = [self.dice.choice(KINDS) for _ in range(BATCH)]
            keys = [f"k{self.dice.randrange(KEYS)}" for _ in kinds]
            request = BatchCreateJobsRequest(
                specs=[self.spec(kind, key) for kind, key in zip(kinds, keys, strict=True)],
                request_id=str(uuid.uuid4()),
            )
            names = await self._acknowledged(request)
            self.history.add(names, keys, kinds)
            await asyncio.sleep(_AGAIN)

    async def _acknowledged(self, request: BatchCreateJobsRequest) -> list[str]:
        while True:
            with suppress(grpc.aio.AioRpcError):
                stub = JobServiceStub(self.channel)
                return list((await stub.BatchCreateJobs(request, metadata=self.metadata, timeout=5)).jobs)
            await asyncio.sleep(_AGAIN)

    def start_worker(self) -> None:
        """A worker, under a name that none had before."""
        [part] = [part for part in plan.load(self.mesh.layout.plan) if part.name == "inventory-1"]
        assert part.command
        name = f"chaos-{uuid.uuid4().hex[:8]}"
        command = (sys.executable, "-m", "tests.chaos.worker", name, str(self.log))
        environment = {**os.environ, **part.command.environment}
        self.workers.append(subprocess.Popen(command, cwd=CHECKOUT, env=environment, stderr=subprocess.DEVNULL))

    @property
    def log(self) -> Path:
        """Where workers note what they have done."""
        return self.folder / "runs.jsonl"

    def kill(self, victim: str) -> None:
        """Ends a part at once; another worker takes the place of one."""
        if victim != "worker":
            self.mesh.kill(victim)
            return
        worker = self.workers.pop(self.dice.randrange(len(self.workers)))
        worker.kill()
        worker.wait()
        self.start_worker()

    async def more(self, jobs: int) -> None:
        """Waits until so many more are acknowledged."""
        wanted = len(self.history.keys) + jobs

        async def there() -> bool:
            return len(self.history.keys) >= wanted

        await eventually(there, 90)

    async def settle(self) -> None:
        """Pauses the schedule and waits until all that was enqueued has ended."""
        request = PauseScheduleRequest(name=f"schedules/{SCHEDULE}", reason="the chaos is over")
        await ScheduleServiceStub(self.channel).PauseSchedule(request, metadata=self.metadata)

        async def ended() -> bool:
            return not await unfinished(self.mesh, self.history)

        await eventually(ended, 120)


@asynccontextmanager
async def load(mesh: Mesh, folder: Path, dice: random.Random) -> AsyncIterator[Load]:
    """Enqueues and works while the block lasts."""
    ending = asyncio.Event()
    async with grpc.aio.insecure_channel(mesh.target) as channel:
        made = Load(mesh, channel, folder, dice)
        await made.prepare()
        enqueueing = asyncio.create_task(made.enqueue(ending))
        try:
            yield made
            ending.set()
            await enqueueing
            await made.settle()
        finally:
            enqueueing.cancel()
            for worker in made.workers:
                worker.kill()
                worker.wait()
    await assert_kept(mesh, made.history, made.log, SCHEDULE)


async def chaos(mesh: Mesh, folder: Path, dice: random.Random, rounds: int) -> JobsHistory:
    """So many rounds, in each every part dies once. Raises `AssertionError` when the history cannot be."""
    replicas = [part.name for part in plan.load(mesh.layout.plan) if part.name.startswith("jobs-")]
    victims = [*replicas, *STORES_AND_WORKERS]
    async with load(mesh, folder, dice) as jobs:
        for victim in (one for _ in range(rounds) for one in dice.sample(victims, len(victims))):
            await jobs.more(dice.randint(1, 3) * BATCH)
            jobs.kill(victim)
            await jobs.more(BATCH)
            await asyncio.to_thread(mesh.settle, 60.0)
            say(f"{victim:<8} {len(jobs.history.keys)} enqueued")
        await jobs.more(BATCH)
    return jobs.history


def main() -> None:
    """Runs chaos on a mesh of its own, which is kept when it fails. A round takes about twenty seconds."""
    seconds, seed = given("python -m tests.chaos.jobs", __doc__)
    folder = Path(tempfile.mkdtemp(prefix="chaos-"))
    say(f"seed {seed}, {seconds:.0f} s, logs in {folder / '.mesh' / 'logs'}")
    with running(folder) as mesh:
        history = asyncio.run(chaos(mesh, folder, random.Random(seed), max(1, round(seconds / 20))))  # noqa: S311
    say(f"kept: {len(history.keys)} jobs")


if __name__ == "__main__":
    main()

"""Jobs a second from enqueue to done, beside Procrastinate and PgQueuer on the same Postgres and BullMQ (npm) on the
same Valkey.

Of each, one program enqueues in batches, keeps some thousands of jobs under way (Procrastinate: a hundred), and works
them, under the settings that suit it. `no-op` jobs do nothing, `1 ms` jobs wait that long. Latencies are from the call
that enqueues a job to the start of its run. At `half`, jobs come at half of the rate that no-op jobs just reached.
"""

import sys
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter, time

from services._local.stores import HOST
from tests import callers
from tests.bench import node, queue_programs
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.peers.closed_loop import NOOP, SHORT
from tests.bench.program import Program
from tests.bench.queue_programs import Left
from tests.bench.report import Goal
from tests.bench.stage import Server, Stage

SERVICE = "jobs"
OURS, PROCRASTINATE, PGQUEUER, BULLMQ = "mesh", "Procrastinate", "PgQueuer", "BullMQ"
LOADS = {"no-op": NOOP, "1 ms": SHORT}
HALF = "half"
PICKUP_MS = 50

_BULLMQ = Path(__file__).parent / "peers" / "bullmq_jobs.mjs"
_PACKAGES = ("bullmq@5", "ioredis@5")


async def seed(_stage: Stage, _database: str) -> None:
    """Jobs need nothing to be there."""


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts the server, and a program for each subject; all under every load."""
    async with AsyncExitStack() as stack:
        found: list[Case] = []
        for subject in (OURS, PROCRASTINATE, PGQUEUER):
            name = subject.lower()
            await stage.copy(name)
            processes, environment = {"postgres": stage.postgres}, dict[str, str]()
            if subject == OURS:
                server = _server(stage, stack)
                processes["server"], environment = server.pid, _told(server)
            started = await stack.enter_async_context(queue_programs.running(stage, name, environment))
            left = queue_programs.left_in_postgres(stage, name)
            found += _cases(subject, started, {"worker": started.pid, **processes}, left)
        try:
            folder = stage.folder.parent / "node"
            started = await stack.enter_async_context(node.running(_BULLMQ, folder, _PACKAGES, stage.redis))
            processes = {"worker": started.pid, "valkey": stage.valkey}
            found += _cases(BULLMQ, started, processes, queue_programs.left_in_valkey(stage))
        except node.NodeMissingError as missing:
            sys.stdout.write(f"  without {BULLMQ}: {missing}\n")
        yield found


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises."""
    load = next(iter(LOADS))
    found = [
        Goal(f"{OURS} / {PROCRASTINATE}, {load}", rate(OURS, load) / rate(PROCRASTINATE, load), 20),
        Goal(f"{OURS} / {PGQUEUER}, {load}", rate(OURS, load) / rate(PGQUEUER, load), 2),
        Goal(f"{PICKUP_MS} ms / p99 of the pickup at half load", PICKUP_MS / rate(OURS, f"{HALF}, p99 ms"), 1),
    ]
    with suppress(KeyError):  # where there is no node
        found.append(Goal(f"{OURS} / {BULLMQ}, {load}", rate(OURS, load) / rate(BULLMQ, load), 2))
    return found


@dataclass(slots=True)
class _Loads:
    """The loads of one subject: its own pace tells what half of it is."""

    program: Program
    left: Left
    started: float = 0.0
    rate: float = 0.0

    def full(self, kind: str, tally: Tally) -> Connect:
        """As many as it can."""
        self.started = perf_counter()
        return self.program.connect(tally, kind)

    def half(self, tally: Tally) -> Connect:
        """Half as many no-op jobs as there were."""
        if not self.rate:
            raise BenchError("what is half is known only after the no-op jobs")
        return self.program.connect(tally, NOOP, str(self.rate / 2))

    async def verify(self, kind: str, tally: Tally) -> None:
        """Raises unless all jobs are recorded as done."""
        if kind == NOOP:
            self.rate = tally.acknowledged / (perf_counter() - self.started)
        await queue_programs.nothing_left(self.left)


def _cases(subject: str, started: Program, processes: Mapping[str, int], left: Left) -> Sequence[Case]:
    loads = _Loads(started, left)
    found = [
        Case(subject, load, partial(loads.full, kind), processes, partial(loads.verify, kind))
        for load, kind in LOADS.items()
    ]
    if subject == OURS:
        found.insert(1, Case(subject, HALF, loads.half, processes, partial(loads.verify, "")))
    return found


def _server(stage: Stage, stack: AsyncExitStack) -> Server:
    port = stage.port(SERVICE)
    environment = stage.service_environment(OURS, SERVICE, port) | {"MESH_LOG_LEVEL": "WARNING"}
    argv = (sys.executable, "-m", f"services.{SERVICE}")
    return stack.enter_context(stage.program(SERVICE, argv, f"grpc://{HOST}:{port}", port, environment))


def _told(server: Server) -> dict[str, str]:
    """What our program is told: where the server is, and who calls it, for an hour."""
    worker = callers.token("services/inventory", ["service"], exp=int(time()) + 3600)
    return {"BENCH_TARGET": server.address, "BENCH_CALLER": callers.bearer(), "BENCH_WORKER": f"Bearer {worker}"}

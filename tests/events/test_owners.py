"""Takeovers: replicas that share groups, one that is killed, and stores that go away."""

import asyncio
import os
import signal
import sys
import uuid
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from functools import partial
from itertools import pairwise
from pathlib import Path

import grpc
from redis.asyncio import Redis

from mesh.events.v1.delivery_service_pb2 import Delivery
from mesh.events.v1.event_service_pb2 import NewEvent
from services._local import health, ports
from services._local.command import Command
from services._local.command import running as process
from services._local.layout import CHECKOUT
from services._platform import migrate
from services._platform.clock import system_clock
from tests import callers
from tests.callers import AuthorizedChannel, hidden
from tests.conftest import SIGNING_KEY, Backends, Clock, Database, eventually
from tests.events.conftest import KEY, Consumer, Events, available, changed, running
from tests.platform.own_stores import OwnStores


def _port(folder: Path, name: str) -> int:
    return ports.choose([name], {}, edge=None, seed=f"{folder}/{name}")[name]


async def _consume(events: Events, name: str, until: int, log: list[tuple[str, int]]) -> None:
    """Consumes and comes back whenever the stream breaks, until so many different events are settled."""
    while len(set(log)) < until:
        consumer = _Logging(events, name, credits=10, log=log)
        try:
            await consumer.run()
        except grpc.aio.AioRpcError as error:
            assert _broke(error)  # noqa: PT017
            await asyncio.sleep(0.05)


def _broke(error: grpc.aio.AioRpcError) -> bool:
    """Whether the stream is one to come back from."""
    return error.code() in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED) or hidden(error)


class _Logging(Consumer):
    def __init__(self, events: Events, subscription: str, credits: int, log: list[tuple[str, int]]) -> None:
        super().__init__(events, subscription, credits)
        self.received = _Log(log)


class _Log(list[Delivery]):
    def __init__(self, log: list[tuple[str, int]]) -> None:
        super().__init__()
        self._log = log

    def extend(self, deliveries: Iterable[Delivery]) -> None:
        for one in deliveries:
            self._log.append((one.event.key, available(one.event)))
            self.append(one)


def _assert_in_order(log: list[tuple[str, int]], keys: int, each: int) -> None:
    """Nothing is lost, and what comes again comes before anything later of its key."""
    for key in range(keys):
        numbers = [n for of, n in log if of == f"k{key}"]
        assert set(numbers) == set(range(each)), (key, numbers)
        for before, after in pairwise(numbers):
            assert after in (before, before + 1), (key, numbers)


async def test_a_consumer_at_either_replica_is_served_by_the_owner(
    database: Database, clock: Clock, tmp_path: Path
) -> None:
    async with (
        running(database, clock, _port(tmp_path, "one")) as one,
        running(database, clock, _port(tmp_path, "two")) as two,
    ):
        name = await one.subscribe("billing")
        assert await one.nothing(name)
        await two.publish(*(changed(key=f"k{n % 7}", available=n // 7) for n in range(70)))
        here, there = Consumer(one, name, credits=3), Consumer(two, name, credits=3)
        async with here.running(), there.running():

            async def done() -> bool:
                return len(here.settled) + len(there.settled) == 70

            await eventually(done)
        assert here.received
        assert there.received
        await two.publish(changed(key="last"))
        [last] = await two.pull(name)
        assert list((await two.settle(name, last)).settled) == [last.ticket]


async def test_what_one_owner_leaves_the_next_takes_up(database: Database, clock: Clock) -> None:
    async with running(database, clock) as events:
        name = await events.subscribe("billing")
        await events.publish(*(changed(key=f"k{n}", available=n) for n in range(10)))
        found = await events.pull(name)
        await events.settle(name, *found[3:5], *found[7:])
    async with running(database, clock) as events:
        again = await events.pull(name)
        assert [available(one.event) for one in again] == [0, 1, 2, 5, 6]
        assert list((await events.settle(name, found[0])).stale) == [found[0].ticket]


@asynccontextmanager
async def _replica(folder: Path, name: str, environment: dict[str, str]) -> AsyncIterator[tuple[Events, int]]:
    """Events as a process of its own; yields its pid as well."""
    port = _port(folder, name)
    told = environment | {"MESH_LISTEN": f"127.0.0.1:{port}"}
    argv = (sys.executable, "-m", "services.events")
    with process(Command(argv, CHECKOUT, told), folder / f"{name}.log") as pid:
        await asyncio.to_thread(health.wait, {name: f"grpc://127.0.0.1:{port}"}, 30)
        async with grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel:
            yield Events(AuthorizedChannel(channel, callers.token()), system_clock), pid  # type: ignore[arg-type]


def _environment(postgres: str, redis: str) -> dict[str, str]:
    return {
        "MESH_POSTGRES_DSN": postgres,
        "MESH_REDIS_URL": redis,
        "MESH_SIGNING_KEY": SIGNING_KEY,
        "MESH_JWKS": callers.JWKS,
        "MESH_EVENTS_KEY": KEY,
        "MESH_EVENTS_OWNER_TERM": "PT1S",
    }


async def test_a_killed_owner_loses_nothing_and_reorders_no_key(
    database: Database, backends: Backends, tmp_path: Path
) -> None:
    environment = _environment(database.dsn("events"), backends.redis)
    log: list[tuple[str, int]] = []
    async with (
        _replica(tmp_path, "first", environment) as (first, pid),
        _replica(tmp_path, "second", environment) as (second, _),
    ):
        name = await first.subscribe("billing")
        assert await first.nothing(name)  # so that the first replica is the owner
        consuming = [asyncio.create_task(_consume(second, name, 2000, log)) for _ in range(2)]
        for batch in range(10):
            await second.publish(*(changed(key=f"k{n % 20}", available=batch * 10 + n // 20) for n in range(200)))
            if batch == 5:
                await eventually(lambda: _longer(log, 100))
                os.kill(pid, signal.SIGKILL)
        try:
            await eventually(lambda: _different(log, 2000, consuming), 40)
        finally:
            for task in consuming:
                task.cancel()
            await asyncio.gather(*consuming, return_exceptions=True)
    _assert_in_order(log, 20, 100)


async def test_postgres_killed_and_redis_wiped_lose_nothing(tmp_path: Path) -> None:
    """Amid publishing and consuming; what Postgres then knows is what it recovers from its log."""
    own = OwnStores(tmp_path, durable=True)
    own.start("postgres")
    own.start("valkey")
    try:
        passwords = dict.fromkeys(migrate.services(), "secret")
        await migrate.migrate(own.postgres.url, passwords)
        dsn = own.postgres.url.replace("postgres:pg-secret", "events:secret")
        log: list[tuple[str, int]] = []
        async with _replica(tmp_path, "only", _environment(dsn, own.valkey.url)) as (events, _):
            name = await events.subscribe("billing")
            batches = [[changed(key=f"k{key}", available=number) for key in range(5)] for number in range(200)]
            working = [
                asyncio.create_task(_consume(events, name, 1000, log)),
                asyncio.create_task(_publish_all(events, batches)),
            ]
            await eventually(lambda: _longer(log, 30))
            async with Redis.from_url(own.valkey.url) as redis:
                await redis.flushall()
            assert not working[1].done()
            await asyncio.to_thread(own.kill_postgres)
            await asyncio.to_thread(own.start, "postgres")
            try:
                await eventually(lambda: _different(log, 1000, working), 60)
            finally:
                for task in working:
                    task.cancel()
                await asyncio.gather(*working, return_exceptions=True)
        _assert_in_order(log, 5, 200)
        assert "automatic recovery in progress" in own.log.read_text()
    finally:
        own.stop_all()


async def _publish_all(events: Events, batches: Iterable[Sequence[NewEvent]]) -> None:
    """Publishes batch after batch, each until it is acknowledged."""
    for batch in batches:
        await eventually(partial(_published, events, batch, str(uuid.uuid4())), 60)


async def _published(events: Events, batch: Sequence[NewEvent], request_id: str) -> bool:
    try:
        await events.publish(*batch, request_id=request_id)
    except grpc.aio.AioRpcError:
        return False
    return True


async def _longer(log: list[tuple[str, int]], than: int) -> bool:
    return len(log) > than


async def _different(log: list[tuple[str, int]], count: int, working: Iterable[asyncio.Task[None]]) -> bool:
    for task in working:
        if task.done():
            task.result()  # raises what it failed of
    return len(set(log)) == count

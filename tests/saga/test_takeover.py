"""Real processes: one is killed in the middle of many sagas, and another finishes them."""

import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import grpc

from services._local.layout import CHECKOUT
from services._local.ports import choose
from services._platform.clock import system_clock
from tests import callers
from tests.conftest import eventually
from tests.saga.conftest import ORDERLY, Sagas, World, state
from tests.saga.party import party_image

SAGAS = 40


async def test_a_killed_process_leaves_no_saga_behind(world: World, tmp_path: Path) -> None:
    image = party_image(tmp_path)
    async with (
        _process(world, image, tmp_path, "first") as (first, victim),
        _process(world, image, tmp_path, "second") as (second, _),
    ):
        await first.register(ORDERLY)
        world.party.then("pay", *["lose"] * 5)
        world.party.then("place", *["refuse FAILED_PRECONDITION"] * 5)
        calls = [asyncio.ensure_future(first.start(f"kill {n}", key=f"kill {n}")) for n in range(SAGAS)]

        async def under_way() -> bool:
            return len(world.party.calls) >= SAGAS

        await eventually(under_way)
        victim.send_signal(signal.SIGKILL)
        await asyncio.wait(calls)
        sagas = [await second.start(f"kill {n}", key=f"kill {n}") for n in range(SAGAS)]
        for n, saga in enumerate(sagas):
            ended = await second.end(saga, seconds=50)
            standing, done = await world.party.standing(f"kill {n}"), await world.party.done(f"kill {n}")
            assert len(done) == len(set(done))
            assert standing == (["hold", "pay", "place", "ship"] if state(ended) == "COMPLETED" else [])


@asynccontextmanager
async def _process(
    world: World, image: Path, folder: Path, name: str
) -> AsyncIterator[tuple[Sagas, asyncio.subprocess.Process]]:
    port = choose([name], {}, edge=None, seed=f"{folder}/{name}")[name]
    environment = {
        "MESH_LISTEN": f"127.0.0.1:{port}",
        "MESH_POSTGRES_DSN": world.database.dsn("saga"),
        "MESH_REDIS_URL": world.database.backends.redis,
        "MESH_SIGNING_KEY": "0" * 64,
        "MESH_JWKS": callers.JWKS,
        "MESH_IDENTITY": world.told["identity"],
        "MESH_SERVICE_SECRET": world.told["service_secret"],
        "MESH_SERVICES": json.dumps(world.told["services"]),
    }
    command = (sys.executable, "-m", "tests.saga.process", str(image))
    with (folder / f"{name}.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(*command, cwd=CHECKOUT, env=environment, stderr=log)
    channel = grpc.aio.insecure_channel(f"127.0.0.1:{port}")
    try:
        await asyncio.wait_for(channel.channel_ready(), 20)
        yield Sagas(channel, world.contract, system_clock).by(callers.token()), process
    finally:
        await channel.close()
        if process.returncode is None:
            process.terminate()
        await process.wait()

"""Participants as processes of their own, that can be killed: each at an address that stays."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cached_property
from multiprocessing.context import ForkServerProcess

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from services._platform.server import Compose, run
from services._platform.settings import Settings
from tests.conftest import eventually

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.checkout.conftest"])
SOON = [("grpc.initial_reconnect_backoff_ms", 50), ("grpc.max_reconnect_backoff_ms", 200)]
"""Options of a channel to what comes back at once."""


@dataclass
class Participant:
    """A service, and the process that it runs in now."""

    area: str
    compose: Compose
    settings: Settings
    process: ForkServerProcess = field(init=False, repr=False)

    async def start(self, die_at: str = "") -> None:
        """Runs it in a new process, and waits until that serves."""
        settings = self.settings.model_copy(update={"die_at": die_at})
        self.process = _FORKS.Process(target=run, args=(self.area, self.compose, settings), daemon=True)
        self.process.start()
        await eventually(self._serves, 20)

    async def kill(self) -> None:
        """Ends the process as a power cut would."""
        self.process.kill()
        await self.ended()

    async def ended(self) -> None:
        """Waits for the end of the process, which is by a kill."""
        loop, ended = asyncio.get_running_loop(), asyncio.Event()
        loop.add_reader(self.process.sentinel, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(self.process.sentinel)
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL, self.process.exitcode

    @cached_property
    def channel(self) -> grpc.aio.Channel:
        """A plain channel to it, whichever process it is."""
        return grpc.aio.insecure_channel(self.settings.listen, options=SOON)

    async def _serves(self) -> bool:
        stub = health_pb2_grpc.HealthStub(self.channel)
        try:
            answer = await stub.Check(health_pb2.HealthCheckRequest(), timeout=1)
        except grpc.aio.AioRpcError:
            return False
        return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)


@asynccontextmanager
async def living(participant: Participant) -> AsyncIterator[None]:
    """A participant that lives, but for when a test kills it, until the block ends."""
    await participant.start()
    try:
        yield
    finally:
        await participant.kill()

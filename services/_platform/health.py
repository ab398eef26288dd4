"""Standard gRPC health: SERVING while every store that the service cannot work without answers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import aio

from services._platform.log import logger
from services._platform.telemetry import DEPENDENCY_UP

_EVERY = 0.5
_TIMEOUT = 2.0
_log = logger(__name__)


@dataclass(frozen=True, slots=True)
class Dependency:
    """A store, and whether the service can work without it. `check` raises when the store does not answer."""

    check: Callable[[], Awaitable[None]]
    required: bool = True


class Health:
    """Answers for the server (`""`), for each service by full name, and for each dependency by its name."""

    def __init__(self, services: Sequence[str], dependencies: Mapping[str, Dependency]) -> None:
        self.servicer = aio.HealthServicer()
        self._services = ["", *services]
        self._dependencies = dependencies
        self._up: dict[str, bool] = {}

    async def watch(self) -> None:
        """Looks at the dependencies again and again. Runs until cancelled."""
        while True:
            await asyncio.gather(*(self._look(name) for name in self._dependencies))
            serving = all(self._up[name] for name, d in self._dependencies.items() if d.required)
            for service in self._services:
                await self._say(service, serving)
            await asyncio.sleep(_EVERY)

    async def drain(self) -> None:
        """Says NOT_SERVING from now on, so that balancers send no more calls."""
        await self.servicer.enter_graceful_shutdown()

    async def _look(self, name: str) -> None:
        try:
            await asyncio.wait_for(self._dependencies[name].check(), _TIMEOUT)
            up = True
        except Exception as error:  # whatever it is, the store did not answer
            up = False
            if self._up.get(name, True):
                _log.warning("a store is away", dependency=name, error=str(error) or type(error).__name__)
        if up and self._up.get(name) is False:
            _log.info("a store is back", dependency=name)
        self._up[name] = up
        DEPENDENCY_UP.labels(name).set(up)
        await self._say(name, up)

    async def _say(self, service: str, serving: bool) -> None:
        states = health_pb2.HealthCheckResponse
        await self.servicer.set(service, states.SERVING if serving else states.NOT_SERVING)

"""Serves one or more services in one process: stores, servicers, loops, health, metrics, drain."""

import asyncio
import signal
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack
from dataclasses import dataclass, field
from typing import ClassVar, Protocol

import uvloop
from google.protobuf.descriptor import ServiceDescriptor
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from services._platform import grpc_host, log, telemetry
from services._platform.authentication import authenticator
from services._platform.faults import fault
from services._platform.garbage import collect_less
from services._platform.health import Dependency, Health
from services._platform.interceptors import Authenticator, Interceptors
from services._platform.loops import Loop, running
from services._platform.settings import Settings, from_environment
from services._platform.tasks import end


class Servicer(Protocol):
    """Something that implements a service of the contract."""

    DESCRIPTOR: ClassVar[ServiceDescriptor]


@dataclass(frozen=True, slots=True)
class Service:
    """What a composition root hands over to be served."""

    servicers: Sequence[Servicer]
    dependencies: Mapping[str, Dependency]
    loops: Sequence[Loop] = field(default=())
    handlers: Sequence[grpc_host.ForeignRpc | grpc_host.ForeignStream] = field(default=())
    """RPCs of other protocols than ours, on the same port."""
    authenticate: Authenticator | None = None
    """How callers are known, where it is not as the settings say."""


Compose = Callable[[Settings], AbstractAsyncContextManager[Service]]


def run(name: str, compose: Compose, settings: Settings | None = None) -> None:
    """Serves until SIGTERM or SIGINT, then drains."""
    settings = settings or from_environment(Settings)
    log.configure(settings.log_level, name)
    telemetry.export_traces(name)
    telemetry.serve_metrics(settings.metrics_listen)
    uvloop.run(_until_told(compose, settings))


class Server:
    """A running server. `port` is the one it listens on, chosen by the system when the settings say 0."""

    def __init__(self, service: Service, settings: Settings) -> None:
        names = [servicer.DESCRIPTOR.full_name for servicer in service.servicers]
        authenticate = service.authenticate or authenticator(settings)
        self._interceptors = Interceptors(authenticate, settings.max_in_flight, fault(settings))
        self._linger_seconds = settings.linger_seconds
        self._drain_seconds = settings.drain_seconds
        self._loops = service.loops
        self._health = Health(names, service.dependencies)
        self._grpc = grpc_host.server()
        self._grpc.add_generic_rpc_handlers(
            (
                *(grpc_host.handlers(s.DESCRIPTOR, s, self._interceptors) for s in service.servicers),
                *map(grpc_host.foreign, service.handlers),
            )
        )
        health_pb2_grpc.add_HealthServicer_to_server(self._health.servicer, self._grpc)
        health = health_pb2.DESCRIPTOR.services_by_name["Health"].full_name
        reflection.enable_server_reflection([*names, health, reflection.SERVICE_NAME], self._grpc)
        self.port = self._grpc.add_insecure_port(settings.listen)

    async def serve(self, until: asyncio.Event) -> None:
        """Serves until the event is set; then says NOT_SERVING, lets balancers hear of it while it goes on answering,
        ends streams, lets calls finish, and stops the loops.
        """
        watching = asyncio.create_task(self._health.watch())
        try:
            async with running(self._loops):
                await self._grpc.start()
                await until.wait()
                await end(watching)
                await self._health.drain()
                await asyncio.sleep(self._linger_seconds)
                self._interceptors.end_streams()
                await self._grpc.stop(grace=self._drain_seconds)
        finally:
            await end(watching)


async def _until_told(compose: Compose, settings: Settings) -> None:
    told = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, told.set)
    async with AsyncExitStack() as stack:
        service = await stack.enter_async_context(compose(settings))
        server = Server(service, settings)
        collect_less()
        log.logger(__name__).info("serving", port=server.port)
        await server.serve(told)

"""A mesh of our own to judge: a server of every area on real stores, and a real edge in front."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc
import httpx
from google.rpc import code_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from clients import contract
from clients.contract import IMAGE, Access
from services._local import command, health, provider
from services._local.credentials import Credentials
from services._local.ports import EDGE
from services.identity.bootstrap import ensure_admin
from services.identity.settings import IdentitySettings
from tests.conftest import SIGNING_KEY, Database, settings
from tests.contract.callers import OPERATOR
from tests.contract.mesh import Servers
from tests.contract.people import People
from tests.contract.seeds import ratelimit
from tests.contract.subject import Subject
from tests.gateway.edge import Edge
from tests.gateway.ports import wait_until

MAX_IN_FLIGHT = 24
IDENTITY, EVENTS, PAYMENTS, RATELIMIT = "identity", "events", provider.PAYMENTS, "ratelimit"
ADMIN = "root@example.com"


@dataclass(frozen=True)
class Areas:
    """Where the servers are to be, and what only they know."""

    database: Database
    ports: Mapping[str, int]
    """Of every area, of the provider of payments and of the edge."""
    credentials: Credentials
    password: str
    """The administrator's."""

    @property
    def targets(self) -> dict[str, str]:
        """host:port by area."""
        return {area: self.at(area) for area in self.credentials.services}

    def at(self, name: str) -> str:
        """host:port of whatever has a port."""
        return f"127.0.0.1:{self.ports[name]}"

    def environment(self, area: str) -> dict[str, str]:
        """What a server is told."""
        addresses = {name: f"ipv4:{target}" for name, target in self.targets.items()}
        told = {
            "LISTEN": self.targets[area],
            "POSTGRES_DSN": self.database.dsn(area),
            "REDIS_URL": self.database.backends.redis,
            "SIGNING_KEY": SIGNING_KEY,
            "MAX_IN_FLIGHT": str(MAX_IN_FLIGHT),
            "LINGER_SECONDS": "0",
            "DRAIN_SECONDS": "1",
            "LOG_LEVEL": "WARNING",
            "IDENTITY": addresses[IDENTITY],
            "SERVICES": json.dumps(addresses),
            "SERVICE_SECRET": self.credentials.services[area],
        }
        return {f"MESH_{name}": value for name, value in told.items()} | self._own(area)

    def _own(self, area: str) -> dict[str, str]:
        """What only this server is told."""
        digests = json.dumps(self.credentials.service_digests)
        own = {
            IDENTITY: {"MESH_IDENTITY_KEY": self.credentials.identity_key, "MESH_IDENTITY_SERVICE_SECRETS": digests},
            # The webhooks of the laws are tried here, and not out in the world.
            EVENTS: {"MESH_EVENTS_KEY": self.credentials.events_key, "MESH_EVENTS_WEBHOOK_NETWORKS": '["127.0.0.0/8"]'},
            PAYMENTS: provider.environment(self.at(provider.NAME), self.credentials),
        }
        return own.get(area, {})

    def make_administrator(self) -> None:
        """Adds the first administrator."""
        own = IdentitySettings.model_validate({"key": self.credentials.identity_key})
        asyncio.run(ensure_admin(settings(self.database, IDENTITY), own, ADMIN, self.password))


@contextmanager
def serving(areas: Areas, folder: Path) -> Iterator[Servers]:
    """A server of every area, each in a process of its own; healthy when the block begins. So is the provider."""
    processes: dict[str, subprocess.Popen[bytes]] = {}
    with ExitStack() as stack:
        stack.enter_context(_provider(areas, folder))
        for area in areas.targets:
            log = stack.enter_context((folder / f"{area}.log").open("ab"))
            command = [sys.executable, "-m", f"services.{area}"]
            environment = {**os.environ, **areas.environment(area)}
            processes[area] = subprocess.Popen(command, env=environment, stdout=log, stderr=log)
            stack.callback(_end, processes[area])
        for area, process in processes.items():
            wait_healthy(areas.targets[area], partial(_alive, process))
        yield Servers(areas.targets, {area: process.pid for area, process in processes.items()})


@contextmanager
def _provider(areas: Areas, folder: Path) -> Iterator[None]:
    """The provider of payments, whose webhooks come in through the edge."""
    part = provider.part(folder, folder, areas.at(provider.NAME), f"http://{areas.at(EDGE)}", areas.credentials)
    assert part.command is not None
    with command.running(part.command, folder / f"{provider.NAME}.log"):
        health.wait({provider.NAME: part.check}, seconds=150)
        yield


def _alive(process: subprocess.Popen[bytes]) -> bool:
    return process.poll() is None


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    process.wait()


def wait_healthy(target: str, alive: Callable[[], bool] = lambda: True) -> None:
    """Waits until a server says that it serves; fails at once when it is not alive."""
    with grpc.insecure_channel(target) as channel:
        health = health_pb2_grpc.HealthStub(channel)

        def healthy() -> bool:
            assert alive(), "the server ended"
            try:
                answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        wait_until(healthy, f"the server at {target} is healthy", seconds=150)


def wait_routed(edge: Edge, rpc: str, token: str) -> None:
    """Waits until the edge knows callers and passes calls on; it tells its workers of a replica a second late."""
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1", "authorization": f"Bearer {token}"}
    not_yet = {str(code_pb2.UNAVAILABLE), str(code_pb2.UNAUTHENTICATED)}

    def routed() -> bool:
        answer = httpx.post(f"{edge.url}/{rpc}", content=bytes(5), headers=headers, timeout=10)
        return answer.headers.get("grpc-status") not in not_yet

    wait_until(routed, f"the edge routes {rpc}", seconds=150)


@contextmanager
def edge(servers: Servers, folder: Path, people: People, port: int) -> Iterator[Edge]:
    """A real edge in front of the servers, which no limit that a law makes keeps from serving the others."""
    with grpc.insecure_channel(servers.targets[RATELIMIT]) as channel:
        ratelimit.pass_laws(people.operator(ratelimit.PACKAGE, channel))
    made = Edge(IMAGE, folder, port=port)
    made.place_releases({area: [target] for area, target in servers.targets.items()})
    made.start()
    try:
        for rpc in _one_of_each_area(people.subject):
            wait_routed(made, rpc, people.token(OPERATOR) or "")
        yield made
    finally:
        made.stop()


def _one_of_each_area(subject: Subject) -> Iterable[str]:
    """An RPC of each area that may be called to see whether it is routed."""
    shown = {name: rpc for name, rpc in subject.rpcs.items() if rpc.access is not Access.SERVICE}
    return {contract.area(rpc.service): name for name, rpc in shown.items() if rpc.safe and not rpc.streams}.values()

"""The mesh that the laws judge: real stores, a server of every area with seeds, and a real edge in front."""

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import httpx
import pytest
from google.rpc import code_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc

from clients.contract import IMAGE
from gateway.topology import Address
from tests.conftest import SIGNING_KEY, Backends, Database, copied_database
from tests.contract.running import Addresses
from tests.gateway.edge import Edge, free_port, wait_until

pytest_plugins = ["tests.contract.plugin"]

MAX_IN_FLIGHT = 24


@dataclass(frozen=True)
class Process:
    """A server in a process of its own."""

    address: Address
    pid: int

    @property
    def target(self) -> str:
        """host:port."""
        return f"{self.address.host}:{self.address.port}"


@contextmanager
def serving(command: list[str], environment: Mapping[str, str], log: Path) -> Iterator[Process]:
    """A server that runs until the block ends; healthy when the block begins."""
    address = Address("127.0.0.1", free_port())
    given = {**os.environ, **environment, "MESH_LISTEN": f"{address.host}:{address.port}"}
    with log.open("ab") as out:
        process = subprocess.Popen([sys.executable, *command], env=given, stdout=out, stderr=out)
    try:
        wait_healthy(address, lambda: process.poll() is None)
        yield Process(address, process.pid)
    finally:
        process.terminate()
        process.wait()


def wait_healthy(address: Address, alive: Callable[[], bool] = lambda: True) -> None:
    """Waits until a server says that it serves; fails at once when it is not alive."""
    with grpc.insecure_channel(f"{address.host}:{address.port}") as channel:
        health = health_pb2_grpc.HealthStub(channel)

        def healthy() -> bool:
            assert alive(), "the server ended"
            try:
                answer = health.Check(health_pb2.HealthCheckRequest(), timeout=1)
            except grpc.RpcError:
                return False
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)

        wait_until(healthy, f"the server at {address.port} is healthy", seconds=60)


def environment(database: Database, service: str) -> dict[str, str]:
    """What a service is told, less the address it listens on."""
    return {
        "MESH_POSTGRES_DSN": database.dsn(service),
        "MESH_REDIS_URL": database.backends.redis,
        "MESH_SIGNING_KEY": SIGNING_KEY,
        "MESH_MAX_IN_FLIGHT": str(MAX_IN_FLIGHT),
        "MESH_DRAIN_SECONDS": "1",
        "MESH_LOG_LEVEL": "WARNING",
    }


def wait_routed(edge: Edge, rpc: str) -> None:
    """Waits until the edge passes calls of an RPC on; it tells its workers of a replica's health a second late."""
    headers = {"content-type": "application/grpc-web+proto", "x-grpc-web": "1"}

    def routed() -> bool:
        answer = httpx.post(f"{edge.url}/{rpc}", content=bytes(5), headers=headers, timeout=10)
        return answer.headers.get("grpc-status") != str(code_pb2.UNAVAILABLE)

    wait_until(routed, f"the edge routes {rpc}", seconds=60)


@contextmanager
def edge(image: Path, folder: Path, area: str, replica: Process) -> Iterator[Edge]:
    """A real edge in front of one replica."""
    made = Edge(image, folder)
    made.route({area: [replica.address]})
    made.start()
    try:
        wait_routed(made, "mesh.inventory.v1.ProductService/GetProduct")
        yield made
    finally:
        made.stop()


@pytest.fixture(scope="session")
def shared_database(backends: Backends) -> Iterator[Database]:
    """One database for all laws of a worker: they tell what they wrote from what others did."""
    with asyncio.Runner() as runner:
        copied = copied_database(backends)
        yield runner.run(copied.__aenter__())
        runner.run(copied.__aexit__(None, None, None))


@pytest.fixture(scope="session")
def addresses(
    pytestconfig: pytest.Config, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Addresses]:
    """The mesh that was given, or one of our own."""
    if target := pytestconfig.getoption("--contract-target"):
        names = ("edge", "guarded", "postgres")
        yield Addresses(target, **{name: pytestconfig.getoption(f"--contract-{name}") for name in names})
        return
    database: Database = request.getfixturevalue("shared_database")
    folder = tmp_path_factory.mktemp("mesh")
    guarded = environment(database, "inventory")
    trusting = {**guarded, "MESH_TRUST_LOCAL": "1"}
    command = ["-m", "services.inventory"]
    with (
        serving(command, trusting, folder / "inventory.log") as server,
        serving(command, guarded, folder / "guarded.log") as other,
        edge(IMAGE, folder / "edge", "inventory", server) as front,
    ):
        yield Addresses(
            server.target, front.url, other.target, database.dsn(), pid=server.pid, max_in_flight=MAX_IN_FLIGHT
        )

"""The edge under test: one Envoy and one replica for all tests that do not take them apart."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import httpx
import pytest
from google.protobuf.descriptor_pb2 import FileDescriptorSet

from clients.contract import IMAGE
from tests.gateway.callers import GrpcCaller
from tests.gateway.edge import Edge, Replica
from tests.gateway.issuer import Issuer
from tests.gateway.ports import wait_until

PROTOS = Path(__file__).parent / "protos"
PROBES = ("mesh/probe/v1/probe_service.proto", "mesh/probe/v2/probe_service.proto")
EVERYTHING = ("prober", "admin")
"""The roles that together hold every permission."""
ORIGIN = "https://shop.example"


@pytest.fixture(scope="session")
def stubs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the stubs of the probe contract, and `mesh.binpb`: the mesh's image with that contract."""
    folder = tmp_path_factory.mktemp("stubs")
    command = [sys.executable, "-m", "grpc_tools.protoc", f"--descriptor_set_in={IMAGE}", f"--proto_path={PROTOS}"]
    command += ["--include_imports", "--include_source_info", f"--descriptor_set_out={folder / 'probe.binpb'}"]
    command += [f"--python_out={folder}", f"--grpc_python_out={folder}", *PROBES]
    subprocess.run(command, check=True)
    image = FileDescriptorSet.FromString(IMAGE.read_bytes())
    probe = FileDescriptorSet.FromString((folder / "probe.binpb").read_bytes())
    known = {file.name for file in image.file}
    image.file.extend(file for file in probe.file if file.name not in known)
    (folder / "mesh.binpb").write_bytes(image.SerializeToString())
    return folder


@pytest.fixture(scope="session")
def image(stubs: Path) -> Path:
    """The contract of the mesh, with the probe contract."""
    return stubs / "mesh.binpb"


@pytest.fixture
def replica(stubs: Path) -> Iterator[Callable[[str], Replica]]:
    """Starts replicas; ends them after the test."""
    started: list[Replica] = []

    def start(name: str) -> Replica:
        started.append(Replica(name, stubs))
        return started[-1]

    yield start
    for one in started:
        one.kill()


@pytest.fixture
def fresh_edge(image: Path, issuer: Issuer, tmp_path: Path) -> Iterator[Edge]:
    """An edge for one test, to be placed and started by it."""
    edge = Edge(image, tmp_path, issuer)
    yield edge
    edge.stop()


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Who signs the callers' tokens."""
    issuer = Issuer()
    yield issuer
    issuer.stop()


@pytest.fixture(scope="session")
def edge(image: Path, stubs: Path, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """The edge, with one replica of the probe and the inventory area, and everything switched on."""
    replica = Replica("a", stubs)
    edge = Edge(image, tmp_path_factory.mktemp("edge"), issuer)
    edge.place({"probe": [replica], "inventory": [replica]}, origins=[ORIGIN], faults=True)
    edge.start()
    wait_until(lambda: edge.healthy("probe") == edge.healthy("inventory") == {replica.port}, "replica is healthy")
    wait_until(lambda: edge.stat(r"http\.edge\.jwt_authn\.jwks_fetch_success") > 0, "it has the issuer's keys")
    yield edge
    edge.stop()
    replica.kill()


@pytest.fixture(scope="session")
def http(edge: Edge, issuer: Issuer) -> Iterator[httpx.Client]:
    """A JSON caller over HTTP/1.1, who may do everything."""
    headers = {"authorization": f"Bearer {issuer.token(*EVERYTHING)}"}
    with httpx.Client(base_url=edge.url, timeout=10, headers=headers) as client:
        yield client


@pytest.fixture(scope="session")
def call(edge: Edge, image: Path, issuer: Issuer) -> Iterator[GrpcCaller]:
    """A gRPC caller, who may do everything."""
    with grpc.insecure_channel(edge.target) as channel:
        yield GrpcCaller(channel, image, issuer.token(*EVERYTHING))


@pytest.fixture(scope="session")
def anyone(edge: Edge) -> Iterator[httpx.Client]:
    """A JSON caller without credentials."""
    with httpx.Client(base_url=edge.url, timeout=10) as client:
        yield client

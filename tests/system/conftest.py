"""One mesh, as `make up` starts it, for all tests of the whole: `tests.scheduling` keeps them on one worker."""

from collections.abc import Iterator
from typing import cast

import grpc
import httpx
import pytest

from clients.contract import IMAGE
from tests.callers import AuthorizedChannel
from tests.gateway.callers import GrpcCaller
from tests.system.mesh import Mesh, running


@pytest.fixture(scope="session")
def shared_mesh(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mesh]:
    """A mesh that is up."""
    with running(tmp_path_factory.mktemp("checkout")) as mesh:
        yield mesh


@pytest.fixture
def mesh(shared_mesh: Mesh) -> Iterator[Mesh]:
    """The mesh, all of it SERVING before the test and after it, whatever the test did to it."""
    shared_mesh.settle()
    yield shared_mesh
    shared_mesh.settle()


@pytest.fixture
def http(mesh: Mesh) -> Iterator[httpx.Client]:
    """A JSON caller."""
    with httpx.Client(base_url=mesh.edge, headers=mesh.headers(), timeout=10, trust_env=False) as client:
        yield client


@pytest.fixture
def call(mesh: Mesh) -> Iterator[GrpcCaller]:
    """A gRPC caller."""
    with grpc.insecure_channel(mesh.target) as channel:
        yield GrpcCaller(cast("grpc.Channel", AuthorizedChannel(channel, mesh.token())), IMAGE)

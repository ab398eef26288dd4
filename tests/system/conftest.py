"""One mesh, as `make up` starts it, for all tests of the whole. They share it, so one worker runs them all."""

from collections.abc import Iterator
from pathlib import Path
from typing import cast

import grpc
import httpx
import pytest

from clients.contract import IMAGE
from tests.callers import AuthorizedChannel
from tests.gateway.callers import GrpcCaller
from tests.system.mesh import Mesh, running


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keeps the tests of this folder on one worker."""
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here):
            item.add_marker(pytest.mark.xdist_group("mesh"))


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

"""The mesh that the laws judge: the one that was given, or one of our own."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import grpc
import pytest

from clients.contract import IMAGE
from services._local import credentials, ports, provider
from services._platform import migrate
from tests.conftest import Backends, Database, copied_database
from tests.contract.own_mesh import ADMIN, IDENTITY, MAX_IN_FLIGHT, Areas, edge, serving
from tests.contract.people import People
from tests.contract.running import Addresses, given
from tests.contract.subject import Subject
from tests.gateway.ports import free_port


@pytest.fixture(scope="package")
def shared_database(backends: Backends) -> Iterator[Database]:
    """One database for all laws of a worker: they tell what they wrote from what others did."""
    with asyncio.Runner() as runner:
        copied = copied_database(backends)
        yield runner.run(copied.__aenter__())
        runner.run(copied.__aexit__(None, None, None))


@pytest.fixture(scope="package")
def addresses(
    pytestconfig: pytest.Config, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Addresses]:
    """The mesh that was given, or one of our own, which is ended when the worker has no more laws to judge."""
    if found := given(pytestconfig):
        yield found
        return
    database: Database = request.getfixturevalue("shared_database")
    folder = tmp_path_factory.mktemp("mesh")
    names = migrate.services()
    chosen = ports.choose([*names, provider.NAME], {}, edge=free_port(), seed=str(folder))
    areas = Areas(database, chosen, credentials.load(folder / "credentials.json", names), secrets.token_urlsafe(16))
    areas.make_administrator()
    with ExitStack() as stack:
        servers = stack.enter_context(serving(areas, folder))
        channel = stack.enter_context(grpc.insecure_channel(servers.targets[IDENTITY]))
        people = People(Subject(IMAGE), channel, ADMIN, areas.password, areas.credentials)
        front = stack.enter_context(edge(servers, folder / "edge", people, chosen[ports.EDGE]))
        yield Addresses(servers, people.callers, front.url, database.dsn(), MAX_IN_FLIGHT)

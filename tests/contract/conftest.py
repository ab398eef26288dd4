"""The mesh that the laws judge: the one that was given, or one of our own."""

import asyncio
import secrets
from collections.abc import Iterator
from contextlib import ExitStack

import grpc
import pytest

from clients.contract import IMAGE
from services._local import ports
from services._platform import migrate
from tests.conftest import Backends, Database, copied_database
from tests.contract.own_mesh import ADMIN, IDENTITY, MAX_IN_FLIGHT, Areas, edge, serving
from tests.contract.people import People
from tests.contract.running import Addresses, given
from tests.contract.subject import Subject


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
    if found := given(pytestconfig):
        yield found
        return
    database: Database = request.getfixturevalue("shared_database")
    folder = tmp_path_factory.mktemp("mesh")
    names = migrate.services()
    chosen = {name: ports.choose(names, {}, edge=None, seed=str(folder))[name] for name in names}
    own = {area: secrets.token_hex(16) for area in names}
    areas = Areas(database, chosen, own, secrets.token_hex(32), secrets.token_urlsafe(16))
    areas.make_administrator()
    with ExitStack() as stack:
        servers = stack.enter_context(serving(areas, folder))
        channel = stack.enter_context(grpc.insecure_channel(servers.targets[IDENTITY]))
        some = next(iter(own))
        people = People(Subject(IMAGE), channel, ADMIN, areas.password, some, own[some])
        front = stack.enter_context(edge(servers, folder / "edge", people))
        yield Addresses(servers, people.callers, front.url, database.dsn(), MAX_IN_FLIGHT)

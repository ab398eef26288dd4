"""The sample behind a real edge, right or with a fault."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from uuid import NAMESPACE_URL, uuid4, uuid5

import asyncpg
import pytest

from services._platform.jwks import FixedKeys
from services._platform.settings import Settings
from tests.conftest import SIGNING_KEY, Backends
from tests.contract import golden, seeds
from tests.contract.callers import SERVICE, Callers
from tests.contract.mesh import ANY, Mesh, Servers
from tests.contract.own_mesh import MAX_IN_FLIGHT, wait_healthy, wait_routed
from tests.contract.running import Addresses, reach
from tests.contract.sample import contract
from tests.contract.sample import seeds as sample_seeds
from tests.contract.sample.faults import Fault
from tests.contract.sample.served import create_schema, served
from tests.contract.subject import Subject
from tests.gateway.edge import Edge
from tests.gateway.issuer import Issuer

Start = Callable[[Fault], AbstractContextManager[Mesh]]


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The sample's contract."""
    return contract.compiled(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def dsn(backends: Backends) -> str:
    """A database with the sample's tables."""
    name = f"sample_{uuid4().hex}"

    async def create() -> None:
        admin = await asyncpg.connect(backends.admin)
        await admin.execute(f'CREATE DATABASE "{name}"')
        await admin.close()
        await create_schema(backends.database(name))

    asyncio.run(create())
    return backends.database(name)


@pytest.fixture(scope="session")
def issuer() -> Iterator[Issuer]:
    """Who signs the callers' tokens."""
    made = Issuer()
    yield made
    made.stop()


@pytest.fixture(scope="session")
def callers(issuer: Issuer) -> Callers:
    """Everybody whom the sample's contract knows."""

    def token(who: str) -> str:
        kind, _, name = who.partition(":")
        if who == SERVICE:
            return issuer.token("service", sub="services/other")
        sub = f"users/{uuid5(NAMESPACE_URL, who)}"  # the same caller each time: replies are remembered by caller
        if kind == "scope":
            return issuer.token("writer", sub=sub, scopes=[name])
        return issuer.token(name or "writer", sub=sub)

    return Callers(token)


@pytest.fixture(scope="session")
def edge(sample: Subject, issuer: Issuer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """An edge, to be pointed at samples."""
    made = Edge(contract.with_identity(sample.image), tmp_path_factory.mktemp("edge"), issuer)
    made.place_releases({})
    made.start()
    yield made
    made.stop()


@pytest.fixture
def start(
    sample: Subject, dsn: str, backends: Backends, edge: Edge, issuer: Issuer, callers: Callers, tmp_path: Path
) -> Start:
    """Starts a sample with a fault."""
    settings = Settings.model_validate(
        {
            "postgres_dsn": f"{dsn}?search_path=sample",
            "redis_url": backends.redis,
            "signing_key": SIGNING_KEY,
            "max_in_flight": MAX_IN_FLIGHT,
        }
    )
    keys = FixedKeys({"1": issuer.signing.public_key()})

    @contextmanager
    def starting(fault: Fault) -> Iterator[Mesh]:
        with served(sample, settings, keys, fault) as port:
            target = f"127.0.0.1:{port}"
            edge.image = contract.with_identity(_changed(fault, sample, tmp_path))
            wait_healthy(target)
            edge.place_releases({"sample": [target]})
            wait_routed(edge, f"{contract.SERVICE}/ListNotes", issuer.token("writer"))
            at = Addresses(Servers({ANY: target}), callers, edge.url, dsn, MAX_IN_FLIGHT)
            modules = seeds.load(sample, sample_seeds.__name__)
            with reach(sample, modules, at, golden_folder=_kept(fault, sample, tmp_path)) as mesh:
                yield mesh

    return starting


def _changed(fault: Fault, sample: Subject, folder: Path) -> Path:
    """The image that the edge is compiled from."""
    if fault.edge is None:
        return sample.image
    protos = folder / "protos"
    shutil.copytree(contract.PROTOS, protos)
    file = protos / contract.PROTO
    text = file.read_text()
    assert fault.edge[0] in text
    file.write_text(text.replace(*fault.edge))
    return contract.compiled(folder, protos).image


def _kept(fault: Fault, sample: Subject, folder: Path) -> Path:
    """The golden binaries of the sample."""
    golden.renew(sample, kept := folder / "golden")
    if fault.golden is not None:
        file = kept / "mesh.sample.v1.json"
        messages = json.loads(file.read_text())
        fault.golden(messages)
        file.write_text(json.dumps(messages))
    return kept

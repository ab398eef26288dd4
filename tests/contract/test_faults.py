"""The laws, judged: a sample that is right keeps them all, and every fault is found by the law that is there for it."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path
from uuid import uuid4

import asyncpg
import pytest

from gateway.topology import Address
from services._platform.settings import Settings
from tests.conftest import SIGNING_KEY, Backends
from tests.contract import golden, seeds
from tests.contract.conftest import MAX_IN_FLIGHT, wait_healthy, wait_routed
from tests.contract.law import Mesh, Trial
from tests.contract.laws import LAWS
from tests.contract.running import Addresses, reach
from tests.contract.sample import contract
from tests.contract.sample import seeds as sample_seeds
from tests.contract.sample.faults import FAULTS, Fault
from tests.contract.sample.served import create_schema, served
from tests.contract.subject import Subject
from tests.gateway.edge import Edge

RIGHT = Fault("", "")

Start = Callable[[Fault], AbstractContextManager[Mesh]]


@pytest.fixture(scope="module")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """The sample's contract."""
    return contract.compiled(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def edge(sample: Subject, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Edge]:
    """An edge, to be pointed at samples."""
    made = Edge(sample.image, tmp_path_factory.mktemp("edge"))
    made.route({})
    made.start()
    yield made
    made.stop()


@pytest.fixture
def start(sample: Subject, dsn: str, backends: Backends, edge: Edge, tmp_path: Path) -> Start:
    """Starts a sample with a fault."""
    settings = Settings.model_validate(
        {
            "postgres_dsn": f"{dsn}?search_path=sample",
            "redis_url": backends.redis,
            "signing_key": SIGNING_KEY,
            "max_in_flight": MAX_IN_FLIGHT,
        }
    )

    @contextmanager
    def starting(fault: Fault) -> Iterator[Mesh]:
        with ExitStack() as stack:
            ports = stack.enter_context(served(sample, settings, fault))
            edge.image = _changed(fault, sample, tmp_path)
            address = Address("127.0.0.1", ports.trusting)
            wait_healthy(address)
            edge.route({"sample": [address]})
            wait_routed(edge, f"{contract.SERVICE}/CountNotes")
            at = Addresses(
                f"127.0.0.1:{ports.trusting}", edge.url, f"127.0.0.1:{ports.guarded}", dsn, max_in_flight=MAX_IN_FLIGHT
            )
            kept = _kept(fault, sample, tmp_path)
            modules = seeds.load(sample, sample_seeds.__name__)
            yield stack.enter_context(reach(sample, modules, at, golden_folder=kept))

    return starting


def test_the_right_sample_keeps_every_law(start: Start, threads: ThreadPoolExecutor, subtests: pytest.Subtests) -> None:
    with start(RIGHT) as mesh:
        assert not mesh.seeds.missing() | mesh.seeds.unknown()
        for rpc in mesh.subject.rpcs:
            with subtests.test(rpc):
                assert broken(mesh, rpc, threads) == {}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_found_by_its_law(fault: str, start: Start, threads: ThreadPoolExecutor) -> None:
    planted = FAULTS[fault]
    with start(planted) as mesh:
        found = broken(mesh, f"{contract.SERVICE}/{planted.rpc}", threads)
    assert set(found) == {planted.law}, found


def test_every_law_has_a_fault() -> None:
    assert {fault.law for fault in FAULTS.values()} == set(LAWS)


def broken(mesh: Mesh, rpc: str, threads: ThreadPoolExecutor) -> dict[str, str]:
    """The laws that an RPC breaks, and how."""
    found = {}
    for law in LAWS.values():
        trial = Trial(mesh.subject.rpcs[rpc], mesh, threads)
        if law.spared(trial.rpc):
            continue
        try:
            law.judge(trial)
        except (AssertionError, OSError) as complaint:
            found[law.name] = str(complaint)
    return found


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

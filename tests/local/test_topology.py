"""How many processes a service has."""

import pytest

from services._local import topology
from services._local.layout import MeshError


def test_a_small_machine_runs_most_services_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MESH_REPLICAS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    assert topology.replicas("orders") == ("orders-1",)
    assert topology.replicas("inventory") == ("inventory-1", "inventory-2")
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert topology.replicas("orders") == ("orders-1", "orders-2")


def test_who_starts_the_mesh_may_say_how_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MESH_REPLICAS", "3")
    assert topology.replicas("inventory") == ("inventory-1", "inventory-2", "inventory-3")


@pytest.mark.parametrize("wrong", ["0", "-1", "10", "two"])
def test_not_any_number(monkeypatch: pytest.MonkeyPatch, wrong: str) -> None:
    monkeypatch.setenv("MESH_REPLICAS", wrong)
    with pytest.raises(MeshError, match="MESH_REPLICAS"):
        topology.replicas("inventory")

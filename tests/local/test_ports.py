"""Ports are kept, apart from others', and free."""

import socket
from collections.abc import Iterator

import pytest

from services._local import ports
from services._local.layout import MeshError
from services._local.stores import HOST

NAMES = ["edge", "postgres", "redis"]


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_every_name_gets_a_port_of_its_own() -> None:
    chosen = ports.choose([f"p{number}" for number in range(50)], {}, edge=None, seed="a")
    assert len(set(chosen.values())) == 51


def test_saved_ports_survive() -> None:
    first = ports.choose(NAMES, {}, edge=None, seed="a")
    assert ports.choose(NAMES, first, edge=None, seed="b") == first


def test_a_saved_port_that_is_taken_is_replaced(taken: int) -> None:
    saved = ports.choose(NAMES, {}, edge=None, seed="a") | {"redis": taken}
    chosen = ports.choose(NAMES, saved, edge=None, seed="a")
    assert chosen["redis"] != taken
    assert chosen | {"redis": taken} == saved


def test_a_running_mesh_keeps_the_ports_that_it_takes_itself(taken: int) -> None:
    saved = {"edge": taken, "redis": taken + 1}
    chosen = ports.choose(NAMES, saved, edge=taken, seed="a", running=True)
    assert (chosen["edge"], chosen["redis"]) == (taken, taken + 1)


def test_two_meshes_look_at_different_ports() -> None:
    first, second = (ports.choose(NAMES, {}, edge=None, seed=seed) for seed in ("/a/.mesh", "/b/.mesh"))
    assert {first["postgres"], first["redis"]}.isdisjoint({second["postgres"], second["redis"]})


def test_the_edge_moves_on_from_a_taken_port() -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if ports.free(ports.DEFAULT_EDGE):  # else somebody else's program does what this one would
            other.bind((HOST, ports.DEFAULT_EDGE))
            other.listen()
        assert ports.choose(NAMES, {}, edge=None, seed="a")["edge"] > ports.DEFAULT_EDGE


def test_a_port_asked_for_is_given_or_refused(port: int, taken: int) -> None:
    assert ports.choose(NAMES, {}, edge=port, seed="a")["edge"] == port
    with pytest.raises(MeshError, match=f"MESH_EDGE_PORT={taken} is in use"):
        ports.choose(NAMES, {}, edge=taken, seed="a")


def test_all_ports_are_of_the_range_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(ports.RANGE, "31000-31002")
    assert set(ports.choose(NAMES, {}, edge=None, seed="a").values()) == {31_000, 31_001, 31_002}
    with pytest.raises(MeshError, match="no port of 31000-31002 is free"):
        ports.choose([*NAMES, "valkey"], {}, edge=None, seed="a")


@pytest.mark.parametrize("told", ["", "8080", "9-8", "0-10", "60000-65536", "a-b"])
def test_what_is_no_range_is_refused(monkeypatch: pytest.MonkeyPatch, told: str) -> None:
    monkeypatch.setenv(ports.RANGE, told)
    with pytest.raises(MeshError, match="is no range of ports"):
        ports.choose(NAMES, {}, edge=None, seed="a")

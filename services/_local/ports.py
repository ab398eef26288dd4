"""Chooses the ports of a mesh: kept over restarts, and apart from those of another mesh on the machine."""

import os
import random
import socket
from collections.abc import Iterable, Iterator, Mapping

from services._local.layout import MeshError
from services._local.stores import HOST

EDGE = "edge"
DEFAULT_EDGE = 8080
# Below the ports that kernels give to outgoing connections: there, a client that polls a port whose server is just
# being restarted may be given that very port for its own end, and keep the server from coming back.
POOL = range(20_000, 30_000)
RANGE = "MESH_PORTS"
"""The variable that says another range, `first-last`, for the edge too: what a firewall lets through, or what keeps
meshes apart that are started at the same moment."""


def choose(
    names: Iterable[str], saved: Mapping[str, int], *, edge: int | None, seed: str, running: bool = False
) -> dict[str, int]:
    """A free port for every name: the saved one, or a new one when that is taken.

    `edge` is the port that the person asked for; else it is the saved one, 8080, or the next free one.
    `seed` (the mesh's folder) decides where the search starts: two meshes hardly look at the same ports. When the
    mesh is `running` it is itself that takes the saved ones. Raises `MeshError` when the port asked for is taken, or
    none is free.
    """
    kept = {name: port for name, port in saved.items() if running or free(port)}
    if edge is not None and edge != kept.get(EDGE) and not free(edge):
        raise MeshError(f"MESH_EDGE_PORT={edge} is in use by another program")
    candidates = _candidates(seed, used=set(saved.values()))
    ports = {name: kept.get(name) or _next(candidates) for name in names if name != EDGE}
    usual = () if RANGE in os.environ else range(DEFAULT_EDGE, POOL.start)
    ports[EDGE] = edge or kept.get(EDGE) or next((port for port in usual if free(port)), 0) or _next(candidates)
    return ports


def free(port: int) -> bool:
    """Whether a server could listen on the port now."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def _candidates(seed: str, used: set[int]) -> Iterator[int]:
    pool = _pool()
    order = random.Random(seed).sample(pool, len(pool))  # noqa: S311  spreads, hides nothing
    return (port for port in order if port not in used and free(port))


def _next(candidates: Iterator[int]) -> int:
    port = next(candidates, None)
    if port is None:
        raise MeshError(f"no port of {_pool().start}-{_pool().stop - 1} is free")
    return port


def _pool() -> range:
    told = os.environ.get(RANGE)
    if told is None:
        return POOL
    first, _, last = told.partition("-")
    if not (first.isdecimal() and last.isdecimal() and 0 < int(first) <= int(last) < 65_536):
        raise MeshError(f"{RANGE}={told} is no range of ports: 20000-29999 is one")
    return range(int(first), int(last) + 1)

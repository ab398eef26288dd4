"""Which replicas the edge sends calls to, by its own account: it may learn later than we do that one serves."""

import json
import time
from collections.abc import Set
from typing import Any

from services._local import loopback
from services._local.layout import Layout, MeshError, read_json
from services._local.stores import HOST

_TIMEOUT = 2.0
_INTERVAL = 0.05


def addresses(layout: Layout) -> frozenset[str]:
    """HOST:PORT of every replica that gets calls. None when the edge does not run."""
    try:
        _, answer = loopback.call(f"http://{HOST}:{_admin(layout)}/clusters?format=json", seconds=_TIMEOUT)
    except OSError:
        return frozenset()
    clusters = json.loads(answer)["cluster_statuses"]
    hosts = (host for cluster in clusters for host in cluster.get("host_statuses", ()))
    return frozenset(_address(host) for host in hosts if host["health_status"] == {"eds_health_status": "HEALTHY"})


def wait(layout: Layout, replicas: Set[str], seconds: float) -> None:
    """Returns when the edge sends calls to all of these replicas. Raises `MeshError` after `seconds`."""
    deadline = time.monotonic() + seconds
    while missing := replicas - addresses(layout):
        if time.monotonic() > deadline:
            raise MeshError(f"the edge sends no calls to {', '.join(sorted(missing))}; see `make status`")
        time.sleep(_INTERVAL)


def _admin(layout: Layout) -> int:
    return int(read_json(layout.ports, {})["admin"])


def _address(host: dict[str, Any]) -> str:
    address = host["address"]["socket_address"]
    return f"{address['address']}:{address['port_value']}"

"""What Envoy is started with: its admin address, where its other files are, and what it may use of the machine."""

from pathlib import Path

from gateway.proto_json import MIB, Json, extension
from gateway.topology import Topology

MAX_CONNECTIONS = 8192
MAX_HEAP = 1024 * MIB

_HEAP = "envoy.resource_monitors.fixed_heap"
_CONNECTIONS = "envoy.resource_monitors.global_downstream_max_connections"


def bootstrap(topology: Topology, folder: Path) -> Json:
    """The `Bootstrap`."""
    return {
        "node": {"id": "edge", "cluster": "edge"},
        "admin": {"address": topology.admin.as_json()},
        "dynamic_resources": {
            "cds_config": file_source(folder, "clusters.json"),
            "lds_config": file_source(folder, "listeners.json"),
        },
        "overload_manager": _overload_manager(),
    }


def file_source(folder: Path, name: str) -> Json:
    """The `ConfigSource` of a file. Envoy reads it again when a file is renamed into the folder."""
    return {
        "resource_api_version": "V3",
        "path_config_source": {"path": str(folder / name), "watched_directory": {"path": str(folder)}},
    }


def _overload_manager() -> Json:
    heap = extension(
        _HEAP, "envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig", max_heap_size_bytes=MAX_HEAP
    )
    connections = extension(
        _CONNECTIONS,
        "envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
        max_active_downstream_connections=MAX_CONNECTIONS,
    )
    return {
        "refresh_interval": "0.250s",
        "resource_monitors": [heap, connections],
        "actions": [
            _action("shrink_heap", 0.90),
            _action("disable_http_keepalive", 0.92),
            _action("stop_accepting_requests", 0.95),
        ],
    }


def _action(name: str, heap: float) -> Json:
    return {
        "name": f"envoy.overload_actions.{name}",
        "triggers": [{"name": _HEAP, "threshold": {"value": heap}}],
    }

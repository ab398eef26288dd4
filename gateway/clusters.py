"""One cluster per area: which of its replicas get a call, and which are left alone."""

from collections.abc import Sequence

from clients import contract
from gateway.address import Address
from gateway.proto_json import MIB, Json, duration, typed
from gateway.surface import Surface

_HTTP = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"


def cluster(name: str, area: str, surface: Surface, replicas: Sequence[Address]) -> Json:
    """The `Cluster` of a release of an area.

    It names its replicas itself. In files of their own they could change without it, but each file would take one of
    the inotify instances of the user, who may have only 128, and an Envoy that gets none dies.
    """
    return {
        "name": name,
        "type": "STATIC",
        "load_assignment": load_assignment(name, replicas),
        "connect_timeout": "1s",
        "per_connection_buffer_limit_bytes": MIB,
        "typed_extension_protocol_options": {_HTTP: _http2()},
        "lb_policy": "LEAST_REQUEST",
        # Never send calls to replicas that are known to be away, even when all are.
        "common_lb_config": {"healthy_panic_threshold": {"value": 0}},
        "health_checks": [_health_check(_probe_service(area, surface))],
        "outlier_detection": _outlier_detection(),
        "circuit_breakers": {"thresholds": [_limits()]},
    }


def load_assignment(name: str, replicas: Sequence[Address]) -> Json:
    """The `ClusterLoadAssignment` of a cluster of these replicas."""
    hosts = [{"endpoint": {"address": replica.as_json()}} for replica in replicas]
    return {"cluster_name": name, "endpoints": [{"lb_endpoints": hosts}] if hosts else []}


def _http2() -> Json:
    # Finds a replica whose machine is gone. A gRPC server takes more frequent pings for an attack.
    keepalive = {"interval": "30s", "timeout": "5s"}
    return typed(_HTTP, explicit_http_config={"http2_protocol_options": {"connection_keepalive": keepalive}})


def _probe_service(area: str, surface: Surface) -> str:
    """Health is asked for by service: one process may host several areas, and they need not be well together."""
    return min(rpc.service for rpc in surface.rpcs if contract.area(rpc.service) == area)


def _health_check(service: str) -> Json:
    interval = duration(0.5)
    return {
        # A dead replica refuses at once and a draining one says so. The timeout is only for one that hangs, and
        # long enough that a busy one is not taken for it.
        "timeout": "2s",
        "interval": interval,
        "unhealthy_interval": interval,
        "no_traffic_interval": interval,
        "unhealthy_threshold": 1,
        "healthy_threshold": 1,
        "grpc_health_check": {"service_name": service},
    }


def _outlier_detection() -> Json:
    """Takes a replica out between two health checks, at most half of them: all is for health checks to say."""
    return {
        # UNAVAILABLE, three times in a row. DEADLINE_EXCEEDED would count as well, for Envoy sees 504 in it; services
        # hide it behind headers of their own (`services/_platform/grpc_host.py`). INTERNAL may be the request's fault,
        # and then every replica's.
        "consecutive_gateway_failure": 3,
        "enforcing_consecutive_gateway_failure": 100,
        "enforcing_consecutive_5xx": 0,
        # What the edge sees go wrong itself, a try that takes too long among it, is not held against the replica:
        # broken connections are for retries and the next health check.
        "split_external_local_origin_errors": True,
        "enforcing_consecutive_local_origin_failure": 0,
        "enforcing_local_origin_success_rate": 0,
        "enforcing_success_rate": 0,
        "interval": "0.5s",
        "base_ejection_time": "1s",
        "max_ejection_time": "30s",
        "max_ejection_percent": 50,
        # Were it true, a replica that is well again would count as healthy and yet get no calls: the balancer hears
        # of it only with the next change of another one, which may be that one's death.
        "successful_active_health_check_uneject_host": False,
    }


def _limits() -> Json:
    return {
        "max_connections": 1024,
        "max_pending_requests": 1024,
        "max_requests": 4096,
        # When one of two replicas dies, half of the calls under way are repeated at once; the default of three
        # retries would refuse them. Ever failing services see at most twice the calls.
        "retry_budget": {"budget_percent": {"value": 100}, "min_retry_concurrency": 100},
    }

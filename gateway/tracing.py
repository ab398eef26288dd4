"""Spans of the edge, where the topology names a collector. A caller's `traceparent` is continued, and passed on."""

from collections.abc import Iterable

from gateway.address import Address
from gateway.clusters import load_assignment
from gateway.proto_json import Json, extension

_CLUSTER = "traces"


def tracing(collector: Address | None) -> Json:
    """The part of the connection manager."""
    if collector is None:
        return {}
    provider = extension(
        "envoy.tracers.opentelemetry",
        "envoy.config.trace.v3.OpenTelemetryConfig",
        service_name="edge",
        grpc_service={"envoy_grpc": {"cluster_name": _CLUSTER}, "timeout": "0.5s"},
    )
    return {
        "tracing": {
            "spawn_upstream_span": True,
            "provider": provider,
            # A span is known by its RPC. The path that Envoy would tell has the query, and that may be anything.
            "operation": "%ROUTE_NAME%",
            "upstream_operation": "%ROUTE_NAME%",
            "max_path_tag_length": 0,
        }
    }


def clusters(collector: Address | None) -> Iterable[Json]:
    """The `Cluster` of the collector."""
    if collector is not None:
        http = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
        options = extension(http, http, explicit_http_config={"http2_protocol_options": {}})
        yield {
            "name": _CLUSTER,
            "type": "STATIC",
            "connect_timeout": "1s",
            "typed_extension_protocol_options": {http: options["typed_config"]},
            "load_assignment": load_assignment(_CLUSTER, [collector]),
        }

"""The one port that faces outside: HTTP/1.1 and HTTP/2; JSON, gRPC and gRPC-Web; the limits of a public server."""

from gateway import authentication, faults, routes
from gateway.access_log import access_logs
from gateway.proto_json import MIB, Json, duration, extension, typed
from gateway.replies import local_reply_config
from gateway.surface import Surface
from gateway.topology import Topology
from gateway.tracing import tracing

MAX_HEADERS_KB = 8
"""What a gRPC server takes as metadata."""

_FORWARDED: Json = {"prefix": "x-forwarded-"}
_ALL_BUT_FOR: Json = {"safe_regex": {"regex": "x-forwarded-([^f].*|f[^o].*|fo[^r].*|for.+)"}}


def listener(topology: Topology, surface: Surface, http_filters: list[Json], route_source: Json) -> Json:
    """The `Listener`; `route_source` is the `ConfigSource` of the route table."""
    manager = extension(
        "envoy.filters.network.http_connection_manager",
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        stat_prefix="edge",
        codec_type="AUTO",
        rds={"route_config_name": routes.NAME, "config_source": route_source},
        http_filters=http_filters,
        local_reply_config=local_reply_config(surface),
        access_log=access_logs(),
        **_identity(topology),
        **_paths(),
        **_limits(surface),
        **tracing(topology.traces),
    )
    return {
        "name": "edge",
        "address": topology.edge.as_json(),
        "per_connection_buffer_limit_bytes": MIB,
        "filter_chains": [{"filters": [manager]}],
    }


def _identity(topology: Topology) -> Json:
    """Who is calling, which request this is, and that nobody else may say so."""
    return {
        "use_remote_address": True,
        "xff_num_trusted_hops": topology.trusted_hops,
        "early_header_mutation_extensions": [_never_from_outside(topology)],
        "generate_request_id": True,
        "always_set_request_id_in_response": True,
        "request_id_extension": {
            "typed_config": typed("envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig", pack_trace_reason=False)
        },
        "server_name": "mesh",
        "server_header_transformation": "OVERWRITE",
    }


def _never_from_outside(topology: Topology) -> Json:
    """Removes what only the edge may say: the headers that steer retries, deadlines and the shape of errors.

    Envoy would trust those that come from an address that it takes for internal.
    """
    # Proxies of ours in front say there whom they had the call from; what a caller wrote is further from the end.
    matchers = ({"prefix": "x-envoy-"}, _ALL_BUT_FOR if topology.trusted_hops else _FORWARDED)
    return extension(
        "envoy.http.early_header_mutation.header_mutation",
        "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
        mutations=[
            *({"remove_on_match": {"key_matcher": matcher}} for matcher in matchers),
            {"remove": "x-request-id"},
            *authentication.nobody_else_says(),
            *faults.asked_for(switched_on=topology.faults),
        ],
    )


def _paths() -> Json:
    """One spelling of a path for all who look at it: the route table, later the permissions, and the services."""
    return {
        "normalize_path": True,
        "merge_slashes": True,
        "path_with_escaped_slashes_action": "REJECT_REQUEST",
    }


def _limits(surface: Surface) -> Json:
    slowest_upload = max((rpc.max_deadline for rpc in surface.rpcs if rpc.descriptor.client_streaming), default=60.0)
    return {
        "max_request_headers_kb": MAX_HEADERS_KB,
        "request_headers_timeout": "10s",
        # From the first byte to the last. The deadline of the RPC counts as soon as its route is known.
        "request_timeout": duration(slowest_upload),
        "stream_idle_timeout": duration(routes.STREAM_IDLE),
        "delayed_close_timeout": "1s",
        "common_http_protocol_options": {
            "idle_timeout": "300s",
            "max_headers_count": 100,
            "headers_with_underscores_action": "REJECT_REQUEST",
        },
        "http2_protocol_options": {
            "max_concurrent_streams": 100,
            "initial_stream_window_size": 1 << 16,
            "initial_connection_window_size": MIB,
            "override_stream_error_on_invalid_http_message": True,
        },
    }

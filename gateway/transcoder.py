"""The filter that turns JSON into gRPC and back, by the contract's `google.api.http` rules."""

from clients.contract import MAX_REQUEST
from gateway.proto_json import MIB, Json, extension, typed
from gateway.surface import Surface

_NAME = "envoy.filters.http.grpc_json_transcoder"
_MESSAGE = "envoy.extensions.filters.http.grpc_json_transcoder.v3.GrpcJsonTranscoder"

MAX_RESPONSE_BODY = 16 * MIB


def http_filter(surface: Surface, descriptor_path: str) -> Json:
    """Streams come as one JSON document a line."""
    return extension(_NAME, _MESSAGE, **_settings(surface, descriptor_path, {"stream_newline_delimited": True}))


def event_streams(surface: Surface, descriptor_path: str) -> Json:
    """The per-route configuration under which streams come as server-sent events."""
    settings = _settings(surface, descriptor_path, {"stream_sse_style_delimited": True})
    return {_NAME: typed(_MESSAGE, **settings)}


def off() -> Json:
    """The per-route configuration of what is no RPC."""
    return {_NAME: typed("envoy.config.route.v3.FilterConfig", disabled=True)}


def _settings(surface: Surface, descriptor_path: str, stream_format: Json) -> Json:
    return {
        "proto_descriptor": descriptor_path,
        "services": sorted({rpc.service for rpc in surface.rpcs}),
        "convert_grpc_status": True,
        "print_options": {"always_print_primitive_fields": True, **stream_format},
        # Unknown fields of a body would be dropped without an error: see `strict_json.py`.
        "request_validation_options": {"reject_unknown_method": True, "reject_unknown_query_parameters": True},
        "query_param_unescape_plus": True,  # what forms and most HTTP libraries write for a space
        "max_request_body_size": MAX_REQUEST,
        "max_response_body_size": MAX_RESPONSE_BODY,
    }

"""The route table: one exact gRPC path per RPC of the surface, and the policy that the contract gives it.

A JSON request has no route when it arrives. The transcoder turns it into a gRPC request and has its route looked
up again, so both kinds of call meet the same entry, and what has no entry is refused.
"""

from clients import contract
from clients.contract import Method
from gateway import rate_limits, request_body, transcoder
from gateway.proto_json import Json, duration, extension, set_header
from gateway.surface import Surface

NAME = "edge"

STREAM_IDLE = 60.0
"""A stream with no message for so long, in seconds, is given up. Streams of the contract send heartbeats."""

# A call that surely was not processed may be repeated by anyone.
_UNPROCESSED = ("connect-failure", "refused-stream")
# A call that perhaps was processed, only where the contract says that a repeated call has the effect of one.
_PERHAPS_PROCESSED = ("reset-before-request", "reset", "unavailable", "cancelled")

_PREVIOUS_HOSTS = extension(
    "envoy.retry_host_predicates.previous_hosts",
    "envoy.extensions.retry.host.previous_hosts.v3.PreviousHostsPredicate",
)


def route_configuration(surface: Surface, descriptor_path: str) -> Json:
    """The `RouteConfiguration`. Its virtual host is the place of what other origins may do (CORS)."""
    routes = [_route(rpc) for rpc in surface.rpcs]
    routes.append(_event_streams(surface, descriptor_path))
    host = {
        "name": NAME,
        "domains": ["*"],
        "routes": routes,
        "response_headers_to_remove": ["grpc-accept-encoding"],
    }
    return {"name": NAME, "virtual_hosts": [host]}


def _route(rpc: Method) -> Json:
    # `typed_per_filter_config` is the place of credentials, permission, rate-limit cost and cache lifetime.
    return {
        "name": rpc.path.removeprefix("/"),
        "match": {"path": rpc.path},
        "request_headers_to_add": _headers(rpc),
        "route": {
            "cluster": contract.area(rpc.service),
            "timeout": "0s",  # the whole call is bounded by max_stream_duration, which knows grpc-timeout
            "idle_timeout": duration(STREAM_IDLE if rpc.streams else 0),
            # Envoy tells the service as grpc-timeout what it decides here, whoever set it.
            "max_stream_duration": {
                "max_stream_duration": duration(rpc.max_deadline if rpc.streams else rpc.deadline),
                "grpc_timeout_header_max": duration(rpc.max_deadline),
            },
            "retry_policy": _retry_policy(rpc),
        },
        "typed_per_filter_config": {
            **rate_limits.rule(rpc),
            **(request_body.streamed() if rpc.descriptor.client_streaming else {}),
        },
    }


def _headers(rpc: Method) -> list[Json]:
    if rpc.safe or not rpc.idempotent:
        return []
    # Made once for all tries of a call, so that the service knows a second try of a write by it.
    return [set_header("idempotency-key", "%REQ(X-REQUEST-ID)%", "ADD_IF_ABSENT")]


def _retry_policy(rpc: Method) -> Json:
    conditions = _UNPROCESSED + (_PERHAPS_PROCESSED if rpc.idempotent else ())
    return {
        "retry_on": ",".join(conditions),
        "num_retries": 3,
        "retry_back_off": {"base_interval": "0.010s", "max_interval": "0.200s"},
        "retry_host_predicate": [_PREVIOUS_HOSTS],
        # A dead replica has the fewest calls under way, so three picks of four among two fall on it.
        "host_selection_retry_max_attempts": 20,
    }


def _event_streams(surface: Surface, descriptor_path: str) -> Json:
    """What JSON callers that ask for server-sent events meet first: it only tells the transcoder so.

    Comes last, so that the second look-up finds the RPC.
    """
    return {
        "name": "event-stream",
        "match": {
            "prefix": "/",
            "headers": [{"name": "accept", "string_match": {"contains": "text/event-stream"}}],
        },
        "direct_response": {"status": 404},
        "typed_per_filter_config": transcoder.event_streams(surface, descriptor_path),
    }

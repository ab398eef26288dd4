"""The route table: one exact gRPC path per RPC of the surface, and the policy that the contract gives it.

A JSON request finds the last route when it arrives, which leads nowhere. The transcoder turns it into a gRPC request
and has its route looked up again, so both kinds of call meet the same entry, and what has no entry is refused.
"""

from collections.abc import Iterable

from clients import contract
from clients.contract import MAX_REQUEST, Method
from gateway import (
    browsers,
    compression,
    deprecation,
    pages,
    permission,
    rate_limits,
    releases,
    request_body,
    transcoder,
)
from gateway.proto_json import Json, duration, set_header
from gateway.retries import hedge_policy, retry_policy
from gateway.surface import Surface
from gateway.topology import Topology

NAME = "edge"

STREAM_IDLE = 60.0
"""A stream with no message for so long, in seconds, is given up. Streams of the contract send heartbeats."""

_NOWHERE = "nowhere"
"""A cluster that there is none of."""


def route_configuration(
    surface: Surface, topology: Topology, descriptor_path: str, served: Iterable[pages.Page]
) -> Json:
    """The `RouteConfiguration`."""
    host = {
        "name": NAME,
        "domains": ["*"],
        "routes": [
            *(page.route() for page in served),
            *(route for rpc in surface.rpcs for route in _routes(rpc, surface, topology)),
            _event_streams(surface, descriptor_path),
            _nowhere("nowhere", surface),
        ],
        "typed_per_filter_config": browsers.cross_origin_policy(topology.origins),
        # What a filter may hold of a request; how much of it an RPC takes, its route says.
        "request_body_buffer_limit": MAX_REQUEST,
    }
    return {
        "name": NAME,
        "virtual_hosts": [host],
        "validate_clusters": False,
        "max_direct_response_body_size_bytes": pages.LARGEST,
    }


def _routes(rpc: Method, surface: Surface, topology: Topology) -> Iterable[Json]:
    """One, or where several releases run, one for each way to be led to them."""
    area = contract.area(rpc.service)
    rules = _rules(rpc, surface, topology)
    for way in releases.ways(area, topology.releases(area)):
        yield _route(rpc, way, rules)


def _route(rpc: Method, way: releases.Way, rules: Json) -> Json:
    return {
        "name": rpc.path.removeprefix("/"),
        "match": {"path": rpc.path, **({"headers": [way.when]} if way.when else {})},
        "request_headers_to_add": _idempotency_key(rpc),
        "request_headers_to_remove": [releases.PRINCIPAL],
        "response_headers_to_add": [*deprecation.headers(rpc), *way.answers],
        "route": {
            **way.cluster,
            "timeout": "0s",  # the whole call is bounded by max_stream_duration, which knows grpc-timeout
            "idle_timeout": duration(STREAM_IDLE if rpc.streams else 0),
            # Envoy tells the service as grpc-timeout what it decides here, whoever set it.
            "max_stream_duration": {
                "max_stream_duration": duration(rpc.max_deadline if rpc.streams else rpc.deadline),
                "grpc_timeout_header_max": duration(rpc.max_deadline),
            },
            "retry_policy": retry_policy(rpc),
            **hedge_policy(rpc),
        },
        "typed_per_filter_config": rules,
    }


def _rules(rpc: Method, surface: Surface, topology: Topology) -> Json:
    """What the filters go by. Here is the place of the cache lifetime."""
    return {
        **({} if topology.trust_local else permission.rule(rpc, surface.roles)),
        **rate_limits.rule(rpc, surface.roles),
        **request_body.limit(rpc),
        **(compression.off() if rpc.streams else {}),
    }


def _idempotency_key(rpc: Method) -> list[Json]:
    if rpc.safe or not rpc.idempotent:
        return []
    # Made once for all tries of a call, so that the service knows a second try of a write by it.
    return [set_header("idempotency-key", "%REQ(X-REQUEST-ID)%", "ADD_IF_ABSENT")]


def _event_streams(surface: Surface, descriptor_path: str) -> Json:
    """What JSON callers that ask for server-sent events meet first: it only tells the transcoder so."""
    route = _nowhere("event-stream", surface)
    route["match"]["headers"] = [{"name": "accept", "string_match": {"contains": "text/event-stream"}}]
    route["typed_per_filter_config"] |= transcoder.event_streams(surface, descriptor_path)
    return route


def _nowhere(name: str, surface: Surface) -> Json:
    """Leads to no service: what is still on such a route at the end is answered 404."""
    slowest = max((rpc.max_deadline for rpc in surface.rpcs if not rpc.streams), default=contract.DEFAULT_DEADLINE)
    return {
        "name": name,
        "match": {"prefix": "/"},
        "route": {
            "cluster": _NOWHERE,
            "cluster_not_found_response_code": "NOT_FOUND",
            # For a JSON request to arrive.
            "max_stream_duration": {"max_stream_duration": duration(slowest)},
        },
        "typed_per_filter_config": permission.anyone(),
    }

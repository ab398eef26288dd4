"""The filters in the order that a request meets them; an answer meets them in reverse.

1.  `browsers.safe_answers`  completes the headers of every answer, the edge's own included
2.  `browsers.cross_origin`  CORS: answers preflights
3.  `compression`
4.  `grpc_web`               turns gRPC-Web into gRPC
5.  `rate_limits.flood`      no more than a flood of one address passes; what follows costs something
6.  `api_keys`               turns an API key into the access token that stands for it
7.  `authentication`         verifies the access token; its claims become metadata
8.  `strict_json`            reads JSON bodies of callers that may send one
9.  `transcoder`             turns JSON into gRPC; only from here on the route is that of the RPC
10. `permission`             refuses who may not
11. `request_body`           of who may; before all that waits, since what comes meanwhile is measured by nobody
12. `rate_limits`            who is calling and what for are known, and nothing was asked of a service
13. `faults`
14. `router`
"""

from gateway import (
    api_keys,
    authentication,
    browsers,
    compression,
    faults,
    permission,
    rate_limits,
    request_body,
    strict_json,
    transcoder,
)
from gateway.proto_json import Json, extension
from gateway.surface import Surface
from gateway.topology import Topology

_HTTP = "envoy.extensions.filters.http"


def http_filters(surface: Surface, topology: Topology, descriptor_path: str, script_path: str) -> list[Json]:
    """The filters of the connection manager."""
    identified = [] if topology.trust_local else [*api_keys.http_filters(), authentication.http_filter()]
    allowed = [] if topology.trust_local else [permission.http_filter()]
    return [
        browsers.safe_answers(),
        *browsers.cross_origin(topology.origins),
        *compression.http_filters(),
        extension("envoy.filters.http.grpc_web", f"{_HTTP}.grpc_web.v3.GrpcWeb"),
        rate_limits.flood(),
        *identified,
        strict_json.http_filter(script_path),
        transcoder.http_filter(surface, descriptor_path),
        *allowed,
        request_body.http_filter(),
        *rate_limits.http_filters(surface),
        *faults.http_filter(switched_on=topology.faults),
        extension("envoy.filters.http.router", f"{_HTTP}.router.v3.Router", suppress_envoy_headers=True),
    ]

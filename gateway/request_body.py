"""The filter that lets a request through once it is whole, and refuses one that is too large.

A service is not bothered with a request that never completes, or that turns out to be broken JSON at its end. A
request that is held can be sent to another replica.
"""

from gateway.proto_json import MIB, Json, extension, typed

_NAME = "envoy.filters.http.buffer"
_PACKAGE = "envoy.extensions.filters.http.buffer.v3"

MAX_SIZE = 4 * MIB
"""What a gRPC server takes as one message."""


def http_filter() -> Json:
    """Holds requests of up to `MAX_SIZE`."""
    return extension(_NAME, f"{_PACKAGE}.Buffer", max_request_bytes=MAX_SIZE)


def streamed() -> Json:
    """The per-route configuration of an RPC whose request is a stream: every message goes on as it comes."""
    return {_NAME: typed(f"{_PACKAGE}.BufferPerRoute", disabled=True)}

"""The filter that lets a request through once it is whole, and refuses one that is too large.

A service is not bothered with a request that never completes, or that turns out to be broken JSON at its end. A
request that is held can be sent to another replica.

It stands before every filter that waits for an answer: while one waits, Envoy stops reading at the same limit, and
what it holds by then is never measured again, so that the rest of a request that is too large would never be read.
"""

from clients.contract import MAX_REQUEST, Method
from gateway.proto_json import Json, extension, typed

_NAME = "envoy.filters.http.buffer"
_PACKAGE = "envoy.extensions.filters.http.buffer.v3"


def http_filter() -> Json:
    """Holds what any server takes."""
    return extension(_NAME, f"{_PACKAGE}.Buffer", max_request_bytes=MAX_REQUEST)


def limit(rpc: Method) -> Json:
    """The per-route configuration: as much as the RPC takes. Of a stream, every message goes on as it comes."""
    if rpc.descriptor.client_streaming:
        return {_NAME: typed(f"{_PACKAGE}.BufferPerRoute", disabled=True)}
    # What arrives in one piece, of the size of a stream's window at the most, is not held and so not measured.
    return {_NAME: typed(f"{_PACKAGE}.BufferPerRoute", buffer={"max_request_bytes": rpc.max_request_bytes})}

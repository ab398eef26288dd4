"""Who calls, as filters over a request at its end: the two kinds of caller read answers in different ways.

A JSON request looks like gRPC once it is transcoded, but then the original path is left in a header that nobody
outside can send. A gRPC-Web request looks like gRPC as well, and is to be treated so.
"""

from gateway.proto_json import Json


def _header(name: str, **match: object) -> Json:
    return {"header_filter": {"header": {"name": name, **match}}}


_IS_GRPC = {"string_match": {"prefix": "application/grpc"}}
_TRANSCODED = "x-envoy-original-path"

GRPC: Json = {
    "and_filter": {
        "filters": [
            _header("content-type", **_IS_GRPC),
            _header(_TRANSCODED, present_match=True, invert_match=True),
        ]
    }
}

JSON: Json = {
    "or_filter": {
        "filters": [
            _header("content-type", **_IS_GRPC, invert_match=True),
            _header(_TRANSCODED, present_match=True),
        ]
    }
}

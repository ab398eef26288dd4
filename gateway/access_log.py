"""One JSON line per request on standard output.

No header of the caller's but the user agent, no query and no body: nothing sensitive can get in.
"""

from gateway.proto_json import Json, extension

_FIELDS = {
    "time": "%START_TIME%",
    "request_id": "%REQ(X-REQUEST-ID)%",
    "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
    "protocol": "%PROTOCOL%",
    "method": "%REQ(X-ENVOY-ORIGINAL-METHOD?:METHOD)%",
    "path": "%PATH(NQ:ORIG_OR_PATH)%",
    "rpc": "%ROUTE_NAME%",
    "status": "%RESPONSE_CODE%",
    # As the replica sent it; a number that Envoy guesses from the HTTP status would be wrong for JSON callers.
    "grpc_status": "%TRAILER(GRPC-STATUS)%",
    "flags": "%RESPONSE_FLAGS%",
    "detail": "%RESPONSE_CODE_DETAILS%",
    "duration_ms": "%DURATION%",
    "upstream_ms": "%RESPONSE_DURATION%",
    "upstream": "%UPSTREAM_HOST%",
    "cluster": "%UPSTREAM_CLUSTER%",
    "tries": "%UPSTREAM_REQUEST_ATTEMPT_COUNT%",
    "bytes_received": "%BYTES_RECEIVED%",
    "bytes_sent": "%BYTES_SENT%",
    "user_agent": "%REQ(USER-AGENT)%",
}


def access_log() -> Json:
    """The `AccessLog`. Envoy writes it out every 10 s unless started with `--file-flush-interval-msec`."""
    return extension(
        "envoy.access_loggers.stdout",
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": _FIELDS},
    )

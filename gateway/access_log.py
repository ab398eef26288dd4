"""One JSON line per request on standard output.

No header of the caller's but the user agent, no query and no body: nothing sensitive can get in.
"""

from gateway import callers
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


# For a JSON caller Envoy would guess it from the HTTP status.
_GRPC_FIELDS = {**_FIELDS, "grpc_status": "%GRPC_STATUS_NUMBER%"}


def access_logs() -> list[Json]:
    """The `AccessLog`s. Envoy writes them out every 10 s unless started with `--file-flush-interval-msec`."""
    return [_access_log(callers.JSON, _FIELDS), _access_log(callers.GRPC, _GRPC_FIELDS)]


def _access_log(when: Json, fields: dict[str, str]) -> Json:
    log = extension(
        "envoy.access_loggers.stdout",
        "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
        log_format={"json_format": fields},
    )
    return {**log, "filter": when}

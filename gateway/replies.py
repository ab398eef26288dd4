"""What the edge itself answers, in the shape of every other error of the mesh: `google.rpc.Status`.

Two callers read it. JSON callers get a body. gRPC and gRPC-Web callers get `grpc-status`, `grpc-message` and
`grpc-status-details-bin`. Envoy's own words ("upstream connect error ...") go to neither.
"""

import base64
from dataclasses import dataclass

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from gateway import callers, rate_limits
from gateway.paths import JsonPath, json_paths
from gateway.proto_json import Json, extension, set_header, typed
from gateway.surface import Surface
from mesh.options.v1.error_reason_pb2 import ErrorReason

DOMAIN = "mesh"

_PREFIX = "ERROR_REASON_"
_ENVOYS_WORDS = "%LOCAL_REPLY_BODY%"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer of the edge's own, and when it is given."""

    when: Json
    """An `AccessLogFilter` over Envoy's answer."""
    code: int
    """`google.rpc.Code`."""
    reason: ErrorReason.ValueType
    message: str
    http: int | None = None
    """The HTTP status that a JSON caller sees. Default: Envoy's."""
    explained: bool = False
    """Envoy says what is wrong with the request in words that help a JSON caller: they are the message."""
    retry_after: int = 0
    """Seconds."""
    grpc_code: int | None = None
    """The code that a gRPC caller sees, where its protocol has another custom."""


def local_reply_config(surface: Surface) -> Json:
    """The `LocalReplyConfig`: the first mapper that fits decides."""
    wrong_verbs = [_wrong_verb(path) for path in json_paths(surface)]
    return {
        "mappers": rate_limits.replies()
        + wrong_verbs
        + [mapper for reply in _REPLIES for mapper in (_grpc(reply), _json(reply))]
    }


def _status_is(status: int, comparison: str = "EQ") -> Json:
    # Envoy wants a name to change the number by at run time; nothing sets it.
    value = {"default_value": status, "runtime_key": "edge.local_reply"}
    return {"status_code_filter": {"comparison": {"op": comparison, "value": value}}}


def _explained() -> Json:
    """The transcoder refuses the request for what is in it."""
    expression = "response.code == 400 && response.code_details.contains('grpc_json_transcode_failure')"
    return {
        "extension_filter": extension(
            "envoy.access_loggers.extension_filters.cel",
            "envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
            expression=expression,
        )
    }


def _flagged(*flags: str) -> Json:
    return {"response_flag_filter": {"flags": list(flags)}}


# Order matters: flags tell more than statuses.
_REPLIES = (
    *(
        Reply(
            rate_limits.because(detail),
            code_pb2.RESOURCE_EXHAUSTED,
            ErrorReason.ERROR_REASON_RATE_LIMITED,
            message,
            http=429,
            retry_after=1,
        )
        for detail, message in rate_limits.OWN_REFUSALS.items()
    ),
    Reply(
        _flagged("UO", "OM"),
        code_pb2.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_OVERLOADED,
        "The mesh has too much to do. Try again later.",
        http=429,
        retry_after=1,
    ),
    Reply(
        _explained(),
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_REQUEST_MALFORMED,
        "The request cannot be read.",
        explained=True,
    ),
    Reply(
        _status_is(404),
        code_pb2.NOT_FOUND,
        ErrorReason.ERROR_REASON_ROUTE_UNKNOWN,
        "The contract has no such path.",
        grpc_code=code_pb2.UNIMPLEMENTED,
    ),
    Reply(
        _status_is(408),
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_REQUEST_TOO_SLOW,
        "The request did not arrive in full in time.",
    ),
    Reply(
        _status_is(413),
        code_pb2.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        "The body of the request is too large.",
    ),
    Reply(
        _status_is(431),
        code_pb2.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        "The headers of the request are too large.",
    ),
    Reply(
        _status_is(504),
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "The deadline passed before the answer was ready.",
    ),
    Reply(
        {"or_filter": {"filters": [_status_is(502), _status_is(503)]}},
        code_pb2.UNAVAILABLE,
        ErrorReason.ERROR_REASON_SERVICE_UNAVAILABLE,
        "No replica of the service answers. Try again later.",
        http=503,
        retry_after=1,
    ),
    Reply(
        _status_is(500),
        code_pb2.INTERNAL,
        ErrorReason.ERROR_REASON_INTERNAL,
        "The edge failed.",
    ),
    Reply(
        _status_is(400, "GE"),
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_REQUEST_MALFORMED,
        "The request cannot be read.",
    ),
)


def _grpc(reply: Reply) -> Json:
    code = reply.code if reply.grpc_code is None else reply.grpc_code
    status = status_pb2.Status(code=code, message=reply.message)
    for detail in _details(reply):
        status.details.add().Pack(detail)
    encoded = base64.b64encode(status.SerializeToString(deterministic=True)).decode().rstrip("=")
    headers = {"grpc-status": str(code), "grpc-message": reply.message, "grpc-status-details-bin": encoded}
    return {
        "filter": {"and_filter": {"filters": [callers.GRPC, reply.when]}},
        "status_code": 200,
        "headers_to_add": [set_header(name, value) for name, value in headers.items()],
        "body_format_override": {"text_format_source": {"inline_string": ""}, "content_type": "application/grpc"},
    }


def _json(reply: Reply, headers: tuple[Json, ...] = ()) -> Json:
    if reply.retry_after:
        headers = (*headers, set_header("retry-after", str(reply.retry_after)))
    mapper: Json = {
        "filter": reply.when,
        "headers_to_add": list(headers),
        "body_format_override": {
            "json_format": {
                "code": reply.code,
                "message": _ENVOYS_WORDS if reply.explained else reply.message,
                "details": [_as_json(detail) for detail in _details(reply)],
            }
        },
    }
    return mapper if reply.http is None else mapper | {"status_code": reply.http}


def _details(reply: Reply) -> tuple[Message, ...]:
    reason = ErrorReason.Name(reply.reason).removeprefix(_PREFIX)
    info = error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN)
    if not reply.retry_after:
        return (info,)
    return (info, error_details_pb2.RetryInfo(retry_delay=Duration(seconds=reply.retry_after)))


def _as_json(detail: Message) -> Json:
    return typed(detail.DESCRIPTOR.full_name, **MessageToDict(detail))


def _wrong_verb(path: JsonPath) -> Json:
    """The transcoder finds no RPC, yet the path is one of the contract's: it is the verb that is wrong."""
    header = {"name": ":path", "string_match": {"safe_regex": {"regex": path.pattern}}}
    reply = Reply(
        {"and_filter": {"filters": [_status_is(404), {"header_filter": {"header": header}}]}},
        code_pb2.UNIMPLEMENTED,
        ErrorReason.ERROR_REASON_VERB_NOT_ALLOWED,
        "The path does not exist for this HTTP verb.",
        http=405,
    )
    return _json(reply, (set_header("allow", ", ".join(path.verbs)),))

"""What the edge itself answers: when, with which `google.rpc.Code`, and for which reason of the contract."""

from collections.abc import Iterator

from google.rpc import code_pb2
from google.rpc.error_details_pb2 import BadRequest

from gateway import authentication, rate_limits, strict_json
from gateway.endings import because, either, every, flagged, noted, nothing_noted, path_is, status_is
from gateway.paths import json_paths
from gateway.proto_json import Json
from gateway.reply import Reply
from gateway.surface import Surface
from mesh.options.v1.error_reason_pb2 import ErrorReason

_REALM = 'Bearer realm="mesh"'
_INVALID = f'{_REALM}, error="invalid_token"'


def local_reply_config(surface: Surface) -> Json:
    """The `LocalReplyConfig`: the first mapper that fits decides."""
    replies = (*_wrong_verbs(surface), *_REFUSED_CALLERS, *_missing_permissions(surface), *_REPLIES)
    return {"mappers": [*rate_limits.replies(), *(mapper for reply in replies for mapper in reply.mappers())]}


def _wrong_verbs(surface: Surface) -> Iterator[Reply]:
    """The transcoder finds no RPC, yet the path is one of the contract's: it is the verb that is wrong."""
    for path in json_paths(surface):
        yield Reply(
            every(status_is(404), path_is({"safe_regex": {"regex": path.pattern}})),
            code_pb2.UNIMPLEMENTED,
            ErrorReason.ERROR_REASON_VERB_NOT_ALLOWED,
            "The path does not exist for this HTTP verb.",
            http=405,
            headers=(("allow", ", ".join(path.verbs)),),
            only_json=True,
        )


def _missing_permissions(surface: Surface) -> Iterator[Reply]:
    """The caller is known, and lacks what the RPC asks for."""
    for permission in sorted({rpc.permission for rpc in surface.rpcs if rpc.permission}):
        paths = (path_is({"exact": rpc.path}) for rpc in surface.rpcs if rpc.permission == permission)
        yield Reply(
            every(_FORBIDDEN, either(*paths)),
            code_pb2.PERMISSION_DENIED,
            ErrorReason.ERROR_REASON_PERMISSION_MISSING,
            f"The caller lacks the permission {permission}.",
            metadata=(("permission", permission),),
            headers=(("www-authenticate", f'{_REALM}, error="insufficient_scope", scope="{permission}"'),),
        )


def _noted(key: str) -> str:
    return f"%DYNAMIC_METADATA({strict_json.METADATA}:{key})%"


def _failed(text: str | None = None) -> Json:
    return every(_FORBIDDEN, noted(authentication.METADATA, authentication.FAILURE, "message", text=text))


def _unauthenticated(when: Json, message: str, challenge: str) -> Reply:
    reason = ErrorReason.ERROR_REASON_CREDENTIALS_INVALID
    return Reply(when, code_pb2.UNAUTHENTICATED, reason, message, http=401, headers=(("www-authenticate", challenge),))


# Order matters from here on: reasons and flags tell more than statuses.

# A caller that is not known meets the same rule as one that may not; the metadata tells them apart.
_FORBIDDEN = because("rbac_access_denied")
_DENIED = because("ext_authz_denied")
_UNKNOWN = every(_FORBIDDEN, nothing_noted(authentication.METADATA, authentication.CLAIMS))
_REFUSED_CALLERS = (
    Reply(
        either(because("ext_authz_error"), every(_DENIED, status_is(503)), _failed("Jwks remote fetch")),
        code_pb2.UNAVAILABLE,
        ErrorReason.ERROR_REASON_SERVICE_UNAVAILABLE,
        "Credentials cannot be checked at present. Try again later.",
        http=503,
        retry_after=1,
    ),
    _unauthenticated(every(_DENIED, status_is(401)), "The API key does not hold.", f'{_REALM}, error="invalid_key"'),
    _unauthenticated(_failed("missing"), "The call carries no credentials.", _REALM),
    _unauthenticated(_failed("expired"), "The access token has expired.", f'{_INVALID}, error_description="expired"'),
    _unauthenticated(_failed(), "The access token does not hold.", _INVALID),
    _unauthenticated(_UNKNOWN, "The call carries no credentials.", _REALM),
)

_UNKNOWN_FIELD = noted(strict_json.METADATA, strict_json.FIELD)
_NOT_JSON = noted(strict_json.METADATA, strict_json.OFFSET)

_REPLIES = (
    *(
        Reply(
            because(detail),
            code_pb2.RESOURCE_EXHAUSTED,
            ErrorReason.ERROR_REASON_RATE_LIMITED,
            message,
            http=429,
            retry_after=1,
        )
        for detail, message in rate_limits.OWN_REFUSALS.items()
    ),
    Reply(
        either(flagged("UO", "OM"), because("overload")),
        code_pb2.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_OVERLOADED,
        "The mesh has too much to do. Try again later.",
        http=429,
        retry_after=1,
    ),
    Reply(
        _UNKNOWN_FIELD,
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_FIELD_UNKNOWN,
        f"The contract has no field {_noted(strict_json.FIELD)} here.",
        details=(BadRequest(field_violations=[{"field": _noted(strict_json.FIELD), "description": "is not known"}]),),
        only_json=True,
    ),
    Reply(
        _NOT_JSON,
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_REQUEST_MALFORMED,
        f"The body is not JSON (RFC 8259) from byte {_noted(strict_json.OFFSET)} on.",
        only_json=True,
    ),
    Reply(
        every(status_is(400), because("grpc_json_transcode_failure")),
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_REQUEST_MALFORMED,
        # The transcoder says what is wrong with the request in words that help.
        "%LOCAL_REPLY_BODY%",
        only_json=True,
    ),
    Reply(
        status_is(404),
        code_pb2.NOT_FOUND,
        ErrorReason.ERROR_REASON_ROUTE_UNKNOWN,
        "The contract has no such path.",
        grpc_code=code_pb2.UNIMPLEMENTED,
    ),
    Reply(
        status_is(408),
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_REQUEST_TOO_SLOW,
        "The request did not arrive in full in time.",
    ),
    Reply(
        status_is(413),
        code_pb2.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        "The body of the request is too large.",
    ),
    Reply(
        status_is(431),
        code_pb2.RESOURCE_EXHAUSTED,
        ErrorReason.ERROR_REASON_REQUEST_TOO_LARGE,
        "The headers of the request are too large.",
    ),
    Reply(
        status_is(504),
        code_pb2.DEADLINE_EXCEEDED,
        ErrorReason.ERROR_REASON_DEADLINE_EXCEEDED,
        "The deadline passed before the answer was ready.",
    ),
    Reply(
        either(status_is(502), status_is(503)),
        code_pb2.UNAVAILABLE,
        ErrorReason.ERROR_REASON_SERVICE_UNAVAILABLE,
        "No replica of the service answers. Try again later.",
        http=503,
        retry_after=1,
    ),
    Reply(status_is(500), code_pb2.INTERNAL, ErrorReason.ERROR_REASON_INTERNAL, "The edge failed."),
    Reply(
        status_is(400, "GE"),
        code_pb2.INVALID_ARGUMENT,
        ErrorReason.ERROR_REASON_REQUEST_MALFORMED,
        "The request cannot be read.",
    ),
)

"""The one table that turns a `Refusal` into a `google.rpc.Status` (AIP-193), and back.

A status travels in a trailer, and clients take 8 KiB of trailers by default: what would be longer is cut.
"""

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from clients.errors import detail
from services._platform import errors
from services._platform.errors import (
    AlreadyExists,
    FailedPrecondition,
    FieldViolation,
    NotFound,
    Refusal,
    ResourceExhausted,
)

DOMAIN = "mesh"
TRAILER = "grpc-status-details-bin"

_KINDS: dict[str, type[Refusal]] = {
    kind.code: kind for kind in Refusal.__subclasses__() if kind.__module__ == errors.__name__
}
_VIOLATIONS_TOLD = 8
_LONGEST_TEXT = 200


def code(refusal: Refusal) -> int:
    """The canonical code as a number."""
    return int(code_pb2.Code.Value(refusal.code))


def status(refusal: Refusal) -> status_pb2.Status:
    """What the caller is told."""
    return status_pb2.Status(
        code=code(refusal), message=_cut(refusal.message), details=[_packed(detail) for detail in _details(refusal)]
    )


def refusal(told: status_pb2.Status) -> Refusal | None:
    """What another replica refused; None when the status is none that a service of the mesh gives."""
    info = detail(told, error_details_pb2.ErrorInfo())
    kind = _KINDS.get(code_pb2.Code.Name(told.code)) if info.domain == DOMAIN else None
    if kind is None:
        return None
    bad, retry = detail(told, error_details_pb2.BadRequest()), detail(told, error_details_pb2.RetryInfo())
    about = _about(told)
    return kind(
        told.message,
        reason=info.reason,
        metadata=dict(sorted(info.metadata.items(), key=lambda entry: entry[1] != about)),
        violations=[FieldViolation(v.field, v.description, v.reason) for v in bad.field_violations],
        retry_after=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
    )


def _details(refusal: Refusal) -> list[Message]:
    details: list[Message] = [
        error_details_pb2.ErrorInfo(reason=refusal.reason, domain=DOMAIN, metadata=refusal.metadata)
    ]
    if refusal.violations:
        details.append(
            error_details_pb2.BadRequest(
                field_violations=[
                    error_details_pb2.BadRequest.FieldViolation(
                        field=_cut(v.field), description=_cut(v.description), reason=v.rule
                    )
                    for v in refusal.violations[:_VIOLATIONS_TOLD]
                ]
            )
        )
    if refusal.retry_after is not None:
        retry = error_details_pb2.RetryInfo()
        retry.retry_delay.FromNanoseconds(int(refusal.retry_after * 1e9))
        details.append(retry)
    match refusal:
        case NotFound() | AlreadyExists() if (named := _resource(refusal)) is not None:
            details.append(named)
        case FailedPrecondition():
            details.append(
                error_details_pb2.PreconditionFailure(
                    violations=[
                        error_details_pb2.PreconditionFailure.Violation(
                            type=refusal.reason, subject=_subject(refusal), description=_cut(refusal.message)
                        )
                    ]
                )
            )
        case ResourceExhausted():
            details.append(
                error_details_pb2.QuotaFailure(
                    violations=[
                        error_details_pb2.QuotaFailure.Violation(
                            subject=_subject(refusal), description=_cut(refusal.message)
                        )
                    ]
                )
            )
    return details


def _resource(refusal: Refusal) -> error_details_pb2.ResourceInfo | None:
    for kind, name in refusal.metadata.items():
        return error_details_pb2.ResourceInfo(resource_type=kind, resource_name=name, description=_cut(refusal.message))
    return None


def _about(told: status_pb2.Status) -> str:
    """What a refusal named first, for metadata on the wire has no order."""
    violations = (
        *detail(told, error_details_pb2.PreconditionFailure()).violations,
        *detail(told, error_details_pb2.QuotaFailure()).violations,
    )
    return detail(told, error_details_pb2.ResourceInfo()).resource_name or next((v.subject for v in violations), "")


def _subject(refusal: Refusal) -> str:
    return next(iter(refusal.metadata.values()), "")


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_TEXT else f"{text[: _LONGEST_TEXT - 1]}…"


def _packed(message: Message) -> Any:
    packed = Any()
    packed.Pack(message)
    return packed

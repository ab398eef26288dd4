"""Refusals: how the mesh says no. Plain Python, free of gRPC, so that a domain can raise them.

A service refuses by type (`class OutOfStock(FailedPrecondition)`); `status` turns the refusal into a
`google.rpc.Status` once, for every transport.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldViolation:
    """A field of the request that breaks a rule. `field` is its proto path, `lines[0].quantity`."""

    field: str
    description: str
    rule: str = ""


class Refusal(Exception):
    """A call that is not carried out.

    `code` is the name of the canonical gRPC code, `reason` a value of an `ErrorReason` enum without its prefix
    (AIP-193), `metadata` names the resource and the numbers that decided.
    """

    code: ClassVar[str]
    reason: str

    def __init__(
        self,
        message: str,
        *,
        reason: str = "",
        metadata: Mapping[str, str | int] | None = None,
        violations: Sequence[FieldViolation] = (),
        retry_after: float | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.reason = reason or type(self).reason
        self.metadata = {key: str(value) for key, value in (metadata or {}).items()}
        self.violations = tuple(violations)
        self.retry_after = retry_after


class InvalidArgument(Refusal):
    """The request is wrong whatever the state of the system."""

    code = "INVALID_ARGUMENT"
    reason = "FIELD_INVALID"

    @classmethod
    def of(cls, field: str, description: str, *, reason: str = "") -> "InvalidArgument":
        """The refusal for one field."""
        return cls(f"{field}: {description}", reason=reason, violations=[FieldViolation(field, description)])


class OutOfRange(Refusal):
    """The request reaches past what there is."""

    code = "OUT_OF_RANGE"


class NotFound(Refusal):
    """A resource that the request names does not exist."""

    code = "NOT_FOUND"


class AlreadyExists(Refusal):
    """What the request would create is there already."""

    code = "ALREADY_EXISTS"


class FailedPrecondition(Refusal):
    """The state of the system does not allow it; a retry alone will not help."""

    code = "FAILED_PRECONDITION"


class Aborted(Refusal):
    """Somebody else was faster: read again, decide again."""

    code = "ABORTED"


class EtagMismatch(Aborted):
    """The resource changed since the caller read it."""

    reason = "ETAG_MISMATCH"

    def __init__(self, resource: str) -> None:
        super().__init__(f"{resource} has changed since it was read", metadata={"resource": resource})


class RequestIdReused(Aborted):
    """The request id was used before with another body."""

    reason = "REQUEST_ID_REUSED"

    def __init__(self, request_id: str) -> None:
        super().__init__("this request id was used before with another body", metadata={"requestId": request_id})


class Unauthenticated(Refusal):
    """The caller did not prove who they are."""

    code = "UNAUTHENTICATED"
    reason = "CREDENTIALS_INVALID"


class PermissionDenied(Refusal):
    """The caller may not do this."""

    code = "PERMISSION_DENIED"
    reason = "PERMISSION_MISSING"


class ResourceExhausted(Refusal):
    """A limit is reached; `retry_after` says when to come back."""

    code = "RESOURCE_EXHAUSTED"
    reason = "OVERLOADED"


class DeadlineExceeded(Refusal):
    """The deadline passed. Whether the call took effect is unknown."""

    code = "DEADLINE_EXCEEDED"
    reason = "DEADLINE_EXCEEDED"


class Unavailable(Refusal):
    """Something that the service needs is away for now."""

    code = "UNAVAILABLE"
    reason = "DEPENDENCY_UNAVAILABLE"


class Moved(Unavailable):
    """What the call is about is in the hands of one replica, which changes: the caller comes back."""

    reason = "SERVICE_UNAVAILABLE"

    def __init__(self, what: str) -> None:
        super().__init__(f"{what} moves to another replica", retry_after=0.1)


class Internal(Refusal):
    """A defect. The message never tells what it is: the log does, under the request id."""

    code = "INTERNAL"
    reason = "INTERNAL"

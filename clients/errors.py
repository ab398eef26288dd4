"""A refused call as a typed exception: the details of `google.rpc.Status`, read."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TypeVar

import grpc
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

Detail = TypeVar("Detail", bound=Message)

_TRAILER = "grpc-status-details-bin"


@dataclass(eq=False)  # not frozen: Python writes to an exception that it raises
class MeshError(Exception):
    """A call that was not carried out.

    `code` is the canonical code, `reason` a value of an `ErrorReason` enum without its prefix, `fields` maps the proto
    path of a bad field to what is wrong with it, `retry_after` is in seconds.
    """

    code: grpc.StatusCode
    message: str
    reason: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    fields: Mapping[str, str] = field(default_factory=dict)
    retry_after: float | None = None
    status: status_pb2.Status = field(default_factory=status_pb2.Status, repr=False)
    """All of the above as the server said it; empty when the failure was on the way."""

    def __str__(self) -> str:
        return f"{self.code.name} {self.reason}: {self.message}"


@contextmanager
def typed_errors() -> Iterator[None]:
    """Turns what grpcio raises inside the block into `MeshError`."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise read(error) from error


def read(error: grpc.aio.AioRpcError) -> MeshError:
    """The typed form of what grpcio raised; without details when the failure was on the way."""
    status = status_pb2.Status()
    for key, value in error.trailing_metadata() or ():
        if key == _TRAILER and isinstance(value, bytes):
            status.ParseFromString(value)
    info = detail(status, error_details_pb2.ErrorInfo())
    bad = detail(status, error_details_pb2.BadRequest())
    retry = detail(status, error_details_pb2.RetryInfo())
    return MeshError(
        code=error.code(),
        message=status.message or error.details() or "",
        reason=info.reason,
        metadata=dict(info.metadata),
        fields={violation.field: violation.description for violation in bad.field_violations},
        retry_after=retry.retry_delay.ToTimedelta().total_seconds() if retry.HasField("retry_delay") else None,
        status=status,
    )


def detail(status: status_pb2.Status, empty: Detail) -> Detail:
    """The detail of this type, or `empty` as it is."""
    for packed in status.details:
        if packed.TypeName() == empty.DESCRIPTOR.full_name:
            packed.Unpack(empty)
    return empty

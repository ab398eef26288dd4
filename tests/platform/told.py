"""What a caller is told, as plain data."""

from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from google.protobuf.any_pb2 import Any as Packed
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

_DETAILS: list[type[Message]] = [
    error_details_pb2.ErrorInfo,
    error_details_pb2.BadRequest,
    error_details_pb2.RetryInfo,
    error_details_pb2.QuotaFailure,
    error_details_pb2.PreconditionFailure,
    error_details_pb2.ResourceInfo,
]


@dataclass(frozen=True)
class Told:
    """A status: `details` holds each detail as JSON under the name of its type."""

    code: int
    message: str
    details: dict[str, Any]

    @property
    def reason(self) -> str:
        """The reason of the `ErrorInfo`."""
        return str(self.details["ErrorInfo"]["reason"])

    @property
    def fields(self) -> list[str]:
        """The fields of the `BadRequest`."""
        return [one["field"] for one in self.details["BadRequest"]["fieldViolations"]]


def read(status: status_pb2.Status) -> Told:
    """A status as data."""
    return Told(status.code, status.message, dict(_detail(one) for one in status.details))


async def told(call: Awaitable[Any]) -> Told:
    """How a call over the wire is refused; fails when it is not."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return read_error(caught.value)


def read_error(error: grpc.aio.AioRpcError) -> Told:
    """The status in the trailers of a refused call, which must say what the call's own code and text say."""
    trailers = dict(error.trailing_metadata() or ())
    status = status_pb2.Status.FromString(trailers["grpc-status-details-bin"])
    assert (status.code, status.message) == (error.code().value[0], error.details())
    return read(status)


def _detail(packed: Packed) -> tuple[str, Any]:
    for kind in _DETAILS:
        message = kind()
        if packed.Unpack(message):
            return kind.DESCRIPTOR.name, MessageToDict(message)
    raise AssertionError(f"a detail that callers do not expect: {packed.type_url}")

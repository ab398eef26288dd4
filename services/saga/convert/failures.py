"""How tries failed, as `google.rpc.Status` and back."""

from google.protobuf.any_pb2 import Any
from google.rpc import code_pb2, error_details_pb2, status_pb2

from services._platform.status import DOMAIN
from services.saga.domain.retries import Failure


def status(failure: Failure) -> status_pb2.Status:
    """A failure as it is shown and kept."""
    info = Any()
    info.Pack(error_details_pb2.ErrorInfo(reason=failure.reason, domain=DOMAIN))
    details = [info] if failure.reason else []
    return status_pb2.Status(code=code_pb2.Code.Value(failure.code), message=failure.message, details=details)


def packed(failure: Failure | None) -> bytes:
    """A failure as it is kept; nothing for none."""
    return status(failure).SerializeToString() if failure else b""


def unpacked(kept: bytes | None) -> Failure | None:
    """A failure that was kept."""
    if not kept:
        return None
    read = status_pb2.Status.FromString(kept)
    info = error_details_pb2.ErrorInfo()
    for detail in read.details:
        detail.Unpack(info)
    return Failure(code_pb2.Code.Name(read.code), info.reason, read.message)

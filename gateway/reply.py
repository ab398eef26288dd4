"""An answer of the edge's own, in the shape of every other error of the mesh: `google.rpc.Status`.

Two callers read it. JSON callers get a body. gRPC and gRPC-Web callers get `grpc-status`, `grpc-message` and
`grpc-status-details-bin`. Envoy's own words ("upstream connect error ...") go to neither.
"""

import base64
from collections.abc import Iterator
from dataclasses import dataclass

from google.protobuf.duration_pb2 import Duration
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import error_details_pb2, status_pb2

from gateway import callers
from gateway.proto_json import Json, set_header, typed
from mesh.options.v1.error_reason_pb2 import ErrorReason

DOMAIN = "mesh"

_PREFIX = "ERROR_REASON_"


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer, and when it is given."""

    when: Json
    """An `AccessLogFilter` over Envoy's answer."""
    code: int
    """`google.rpc.Code`."""
    reason: ErrorReason.ValueType
    message: str
    """For a JSON caller, in Envoy's format: it may name what a filter found."""
    http: int | None = None
    """The HTTP status that a JSON caller sees. Default: Envoy's."""
    headers: tuple[tuple[str, str], ...] = ()
    metadata: tuple[tuple[str, str], ...] = ()
    """Of the `ErrorInfo`."""
    details: tuple[Message, ...] = ()
    """Beside the `ErrorInfo`."""
    retry_after: int = 0
    """Seconds."""
    grpc_code: int | None = None
    """The code that a gRPC caller sees, where its protocol has another custom."""
    only_json: bool = False
    """Nothing that a gRPC caller can meet."""

    def mappers(self) -> Iterator[Json]:
        """The `ResponseMapper`s."""
        if not self.only_json:
            yield self._grpc()
        yield self._json()

    def _grpc(self) -> Json:
        code = self.code if self.grpc_code is None else self.grpc_code
        status = status_pb2.Status(code=code, message=self.message)
        for detail in self._details():
            status.details.add().Pack(detail)
        encoded = base64.b64encode(status.SerializeToString(deterministic=True)).decode().rstrip("=")
        headers = {"grpc-status": str(code), "grpc-message": self.message, "grpc-status-details-bin": encoded}
        return {
            "filter": {"and_filter": {"filters": [callers.GRPC, self.when]}},
            "status_code": 200,
            "headers_to_add": [set_header(name, value) for name, value in (*headers.items(), *self.headers)],
            "body_format_override": {"text_format_source": {"inline_string": ""}, "content_type": "application/grpc"},
        }

    def _json(self) -> Json:
        retry_after = (("retry-after", str(self.retry_after)),) if self.retry_after else ()
        details = [typed(detail.DESCRIPTOR.full_name, **MessageToDict(detail)) for detail in self._details()]
        mapper: Json = {
            "filter": self.when,
            "headers_to_add": [set_header(name, value) for name, value in (*self.headers, *retry_after)],
            "body_format_override": {
                "json_format": {"code": self.code, "message": self.message, "details": details},
            },
        }
        return mapper if self.http is None else mapper | {"status_code": self.http}

    def _details(self) -> Iterator[Message]:
        reason = ErrorReason.Name(self.reason).removeprefix(_PREFIX)
        yield error_details_pb2.ErrorInfo(reason=reason, domain=DOMAIN, metadata=dict(self.metadata))
        yield from self.details
        if self.retry_after:
            yield error_details_pb2.RetryInfo(retry_delay=Duration(seconds=self.retry_after))

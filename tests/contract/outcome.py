"""What a call came to, the same whichever face of the mesh it went through."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message
from google.rpc import code_pb2, error_details_pb2, status_pb2

from clients.contract import Method

Json: TypeAlias = dict[str, Any]
Metadata: TypeAlias = Sequence[tuple[str, str]]

# Details are read by their types, so these must be known here.
_INFO = f"type.googleapis.com/{error_details_pb2.ErrorInfo.DESCRIPTOR.full_name}"
_RETRY = f"type.googleapis.com/{error_details_pb2.RetryInfo.DESCRIPTOR.full_name}"
_BAD = f"type.googleapis.com/{error_details_pb2.BadRequest.DESCRIPTOR.full_name}"


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answers that came, and how the call ended: `code` is a `google.rpc.Code`, `details` are as in JSON."""

    answers: tuple[Message, ...] = ()
    code: int = code_pb2.OK
    message: str = ""
    details: tuple[Json, ...] = ()

    @classmethod
    def refused(cls, status: status_pb2.Status, answers: Sequence[Message] = ()) -> "Outcome":
        """A call that ended with a status."""
        return cls(tuple(answers), status.code, status.message, tuple(MessageToDict(one) for one in status.details))

    @property
    def ok(self) -> bool:
        """Whether the call was carried out."""
        return self.code == int(code_pb2.OK)

    @property
    def status(self) -> str:
        """The name of the code."""
        return str(code_pb2.Code.Name(self.code))

    @property
    def answer(self) -> Message:
        """The answer of a call that succeeded."""
        assert self.ok, f"refused: {self}"
        return self.answers[0]

    @property
    def reason(self) -> str:
        """The `ErrorInfo.reason`, or nothing."""
        return next((str(one.get("reason", "")) for one in self.details if one["@type"] == _INFO), "")

    @property
    def domain(self) -> str:
        """The `ErrorInfo.domain`, or nothing."""
        return next((str(one.get("domain", "")) for one in self.details if one["@type"] == _INFO), "")

    @property
    def permission(self) -> str:
        """The permission that `ErrorInfo` says is missing, or nothing."""
        found = (one.get("metadata", {}).get("permission", "") for one in self.details if one["@type"] == _INFO)
        return str(next(found, ""))

    @property
    def later(self) -> bool:
        """Whether the call was refused for now only: it says when to try again."""
        return any(one["@type"] == _RETRY for one in self.details)

    @property
    def fields(self) -> frozenset[str]:
        """The fields that `BadRequest` names."""
        return frozenset(
            violation["field"]
            for one in self.details
            if one["@type"] == _BAD
            for violation in one.get("fieldViolations", ())
        )

    def __str__(self) -> str:
        if self.ok:
            return f"OK {list(self.answers)}"
        return f"{self.status} {self.reason} {self.message!r} {sorted(self.fields)}"


class Face(Protocol):
    """One way to call the mesh."""

    def call(
        self, rpc: Method, *requests: Message, metadata: Metadata = (), timeout: float = 10, take: int = 0
    ) -> Outcome:
        """Calls an RPC. Of a stream of answers, `take` are read and the rest is cancelled; 0 reads all."""
        ...

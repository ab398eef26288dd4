"""gRPC-Web, as browsers speak it: length-prefixed frames over any HTTP, trailers in a frame of their own."""

import base64
from collections.abc import Iterable, Iterator, Mapping

import httpx
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2

from clients.contract import Method
from tests.contract.outcome import Metadata, Outcome

_TYPE = "application/grpc-web+proto"
_TRAILERS = 0x80


class WebFace:
    """Calls through the edge."""

    def __init__(self, http: httpx.Client) -> None:
        self._http = http

    def call(
        self, rpc: Method, *requests: Message, metadata: Metadata = (), timeout: float = 10, take: int = 0
    ) -> Outcome:
        """See `Face`."""
        headers = [*metadata, ("content-type", _TYPE), ("accept", _TYPE), ("x-grpc-web", "1")]
        headers.append(("grpc-timeout", f"{int(timeout * 1000)}m"))
        body = b"".join(frame(request.SerializeToString()) for request in requests)
        read = GetMessageClass(rpc.descriptor.output_type).FromString
        answers: list[Message] = []
        with self._http.stream("POST", rpc.path, content=body, headers=headers, timeout=timeout + 5) as response:
            ending: Mapping[str, str] = response.headers
            for flags, content in frames(response.iter_bytes()):
                if flags & _TRAILERS:
                    ending = dict(line.split(":", 1) for line in content.decode().splitlines() if line)
                    break
                answers.append(read(content))
                if take and len(answers) == take:
                    return Outcome(tuple(answers))
            return _ended(ending, answers)


def frame(message: bytes) -> bytes:
    """An uncompressed frame."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def frames(chunks: Iterable[bytes]) -> Iterator[tuple[int, bytes]]:
    """The flags and content of each frame of a body."""
    buffer = b""
    for chunk in chunks:
        buffer += chunk
        while len(buffer) >= 5 and len(buffer) >= (end := 5 + int.from_bytes(buffer[1:5], "big")):
            yield buffer[0], buffer[5:end]
            buffer = buffer[end:]
    assert not buffer, f"the body ends inside a frame: {buffer!r}"


def status_from(headers: Mapping[str, str]) -> status_pb2.Status:
    """The status that headers or trailers tell of."""
    details = headers.get("grpc-status-details-bin", "").strip()
    if details:
        return status_pb2.Status.FromString(base64.b64decode(details + "=" * (-len(details) % 4)))
    return status_pb2.Status(code=int(headers["grpc-status"]), message=headers.get("grpc-message", ""))


def _ended(headers: Mapping[str, str], answers: list[Message]) -> Outcome:
    assert "grpc-status" in headers, f"the call ends without a status: {dict(headers)}"
    status = status_from(headers)
    assert status.code == int(headers["grpc-status"])
    return Outcome.refused(status, answers) if status.code else Outcome(tuple(answers))

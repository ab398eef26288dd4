"""gRPC, by grpcio."""

from collections.abc import Iterator, Mapping
from typing import Any

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2

from clients.contract import Method
from tests.contract.outcome import Metadata, Outcome

_DETAILS = "grpc-status-details-bin"


class GrpcFace:
    """Calls over one channel. Threads may share it."""

    def __init__(self, channel: grpc.Channel) -> None:
        self._channel = channel

    def call(
        self, rpc: Method, *requests: Message, metadata: Metadata = (), timeout: float = 10, take: int = 0
    ) -> Outcome:
        """See `Face`."""
        answers: list[Message] = []
        try:
            for answer in self._answers(rpc, requests, tuple(metadata), timeout):
                answers.append(answer)
                if take and len(answers) == take:
                    break
        except grpc.RpcError as error:
            return Outcome.refused(status_of(error), answers)
        return Outcome(tuple(answers))

    def _answers(
        self, rpc: Method, requests: tuple[Message, ...], metadata: Metadata, timeout: float
    ) -> Iterator[Message]:
        descriptor = rpc.descriptor
        read = GetMessageClass(descriptor.output_type).FromString
        sent = iter(requests) if descriptor.client_streaming else requests[0]
        makes: Mapping[tuple[bool, bool], Any] = {
            (False, False): self._channel.unary_unary,
            (False, True): self._channel.unary_stream,
            (True, False): self._channel.stream_unary,
            (True, True): self._channel.stream_stream,
        }
        make = makes[bool(descriptor.client_streaming), bool(descriptor.server_streaming)]
        call = make(rpc.path, lambda message: message.SerializeToString(), read)
        answered = call(sent, metadata=metadata, timeout=timeout)
        if not descriptor.server_streaming:
            yield answered
            return
        try:
            yield from answered
        finally:
            answered.cancel()


def status_of(error: grpc.RpcError) -> status_pb2.Status:
    """The status of a failed call: its details, or its bare code when it carries none."""
    trailers: dict[str, bytes] = dict(error.trailing_metadata() or ())  # type: ignore[arg-type]  # they are pairs
    details = trailers.get(_DETAILS)
    bare = status_pb2.Status(code=error.code().value[0], message=error.details() or "")
    if details is None:
        return bare
    status = status_pb2.Status.FromString(details)
    assert (status.code, status.message) == (bare.code, bare.message), f"{_DETAILS} says {status}, the call says {bare}"
    return status

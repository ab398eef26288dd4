"""A gRPC caller that speaks of messages as JSON does, so that a test can say the same over every protocol."""

import base64
import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorSet
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.json_format import MessageToDict, MessageToJson, ParseDict
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass
from google.rpc import status_pb2

Json: TypeAlias = dict[str, Any]
Metadata: TypeAlias = Iterable[tuple[str, str]]

PROBE = "mesh.probe.v1.ProbeService"
PRODUCTS = "mesh.inventory.v1.ProductService"


class GrpcCaller:
    """Calls any RPC of an image: `caller(f"{PROBE}/Read", {"key": "k"})`."""

    def __init__(self, channel: grpc.Channel, image: Path, token: str = "") -> None:
        self._channel = channel
        self._credentials = (("authorization", f"Bearer {token}"),) if token else ()
        self._pool = DescriptorPool()
        for file in FileDescriptorSet.FromString(image.read_bytes()).file:
            self._pool.Add(file)

    def __call__(self, rpc: str, request: Json, timeout: float | None = None, metadata: Metadata = ()) -> Json:
        """A unary call. Raises `grpc.RpcError`."""
        asked, answered = self._messages(rpc)
        method = self._channel.unary_unary(f"/{rpc}", asked.SerializeToString, answered.FromString)
        return self._as_json(
            method(ParseDict(request, asked()), timeout=timeout, metadata=(*self._credentials, *metadata))
        )

    def stream(self, rpc: str, request: Json) -> Iterator[Json]:
        """A call that answers a stream. Raises `grpc.RpcError` as it comes."""
        asked, answered = self._messages(rpc)
        method = self._channel.unary_stream(f"/{rpc}", asked.SerializeToString, answered.FromString)
        yield from map(self._as_json, method(ParseDict(request, asked()), metadata=self._credentials))

    def upload(self, rpc: str, requests: Iterable[Json]) -> Json:
        """A call that sends a stream. Raises `grpc.RpcError`."""
        asked, answered = self._messages(rpc)
        method = self._channel.stream_unary(f"/{rpc}", asked.SerializeToString, answered.FromString)
        messages = (ParseDict(request, asked()) for request in requests)
        return self._as_json(method(messages, metadata=self._credentials))

    def encode(self, rpc: str, request: Json) -> bytes:
        """The request as bytes on the wire, one gRPC frame."""
        return frame(ParseDict(request, self._messages(rpc)[0]()).SerializeToString())

    def decode(self, rpc: str, message: bytes) -> Json:
        """An answer from its bytes."""
        return self._as_json(self._messages(rpc)[1].FromString(message))

    def _messages(self, rpc: str) -> tuple[type[Message], type[Message]]:
        service, _, name = rpc.partition("/")
        method = self._pool.FindServiceByName(service).methods_by_name[name]
        return GetMessageClass(method.input_type), GetMessageClass(method.output_type)

    @staticmethod
    def _as_json(message: Message) -> Json:
        return MessageToDict(message, always_print_fields_with_no_presence=True)


def frame(message: bytes) -> bytes:
    """An uncompressed gRPC frame."""
    return b"\0" + len(message).to_bytes(4, "big") + message


def status_of(error: grpc.RpcError) -> Json:
    """The `google.rpc.Status` of a failed call as JSON, from its metadata."""
    trailers = error.trailing_metadata()
    return status_json(next(trailer.value for trailer in trailers if trailer.key == "grpc-status-details-bin"))


def status_json(details: bytes | str) -> Json:
    """A `google.rpc.Status` as JSON, from bytes or, as a header has them, from base64."""
    if isinstance(details, str):
        details = base64.b64decode(details + "=" * (-len(details) % 4))
    status = status_pb2.Status.FromString(details)
    return dict(json.loads(MessageToJson(status, always_print_fields_with_no_presence=True)))

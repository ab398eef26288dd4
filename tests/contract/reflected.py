"""What a server says of itself, by gRPC reflection."""

from collections.abc import Iterator

import grpc
from google.protobuf.descriptor_pb2 import FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

_OURS = "mesh."


def rpcs(channel: grpc.Channel) -> set[str]:
    """The RPCs of the mesh that a server has: `mesh.inventory.v1.ProductService/GetProduct`."""
    stub = reflection_pb2_grpc.ServerReflectionStub(channel)
    listed = _ask(stub, reflection_pb2.ServerReflectionRequest(list_services=""))
    names = [service.name for service in listed.list_services_response.service if service.name.startswith(_OURS)]
    return {rpc for name in names for rpc in _of(stub, name)}


def _of(stub: reflection_pb2_grpc.ServerReflectionStub, service: str) -> Iterator[str]:
    answer = _ask(stub, reflection_pb2.ServerReflectionRequest(file_containing_symbol=service))
    for raw in answer.file_descriptor_response.file_descriptor_proto:
        file = FileDescriptorProto.FromString(raw)
        for described in file.service:
            if f"{file.package}.{described.name}" == service:
                yield from (f"{service}/{method.name}" for method in described.method)


def _ask(
    stub: reflection_pb2_grpc.ServerReflectionStub, request: reflection_pb2.ServerReflectionRequest
) -> reflection_pb2.ServerReflectionResponse:
    answer: reflection_pb2.ServerReflectionResponse = next(stub.ServerReflectionInfo(iter([request]), timeout=10))
    return answer

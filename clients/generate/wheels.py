"""Third-party protos, taken from the installed wheels: nothing of theirs is kept in this repository."""

from google.api import annotations_pb2, field_behavior_pb2, httpbody_pb2, resource_pb2
from google.protobuf import (
    any_pb2,
    descriptor_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
)
from google.protobuf.descriptor import FileDescriptor
from google.rpc import code_pb2, error_details_pb2, status_pb2
from google.type import money_pb2
from protovalidate._gen.buf.validate import validate_pb

VALIDATE = "buf/validate/validate.proto"
ERROR_DETAILS = str(error_details_pb2.DESCRIPTOR.name)

_MODULES = [
    any_pb2,
    duration_pb2,
    empty_pb2,
    field_mask_pb2,
    struct_pb2,
    timestamp_pb2,
    wrappers_pb2,
    annotations_pb2,
    field_behavior_pb2,
    httpbody_pb2,
    resource_pb2,
    code_pb2,
    error_details_pb2,
    status_pb2,
    money_pb2,
]


def third_party() -> descriptor_pb2.FileDescriptorSet:
    """The descriptors that our protos may import, dependencies first."""
    files: dict[str, descriptor_pb2.FileDescriptorProto] = {}

    def add(file: FileDescriptor) -> None:
        if file.name in files:
            return
        for dependency in file.dependencies:
            add(dependency)
        files[file.name] = descriptor_pb2.FileDescriptorProto()
        file.CopyToProto(files[file.name])

    for module in _MODULES:
        add(module.DESCRIPTOR)
    # The validation wheel carries its proto only as a descriptor of another runtime.
    files[VALIDATE] = descriptor_pb2.FileDescriptorProto.FromString(validate_pb._DESC.proto.to_binary())
    return descriptor_pb2.FileDescriptorSet(file=files.values())

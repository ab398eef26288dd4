"""The contract under test: every RPC of a descriptor image, with the shapes that laws ask for."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import cast

from google.api import field_behavior_pb2, resource_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto, FileDescriptorSet
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from clients import contract
from clients.contract import Method
from mesh.options.v1 import policy_pb2
from mesh.options.v1.error_reason_pb2 import ErrorReason

PREFIX = "ERROR_REASON_"
SHARED_REASONS = frozenset(name.removeprefix(PREFIX) for name in ErrorReason.keys())  # noqa: SIM118  an enum wrapper


@dataclass(frozen=True)
class Subject:
    """One contract. RPCs are named `mesh.inventory.v1.ProductService/GetProduct`."""

    image: Path

    @cached_property
    def rpcs(self) -> Mapping[str, Method]:
        """Every RPC by name, in the order of the names."""
        found = (rpc for service in contract.services(self.image) for rpc in contract.methods(service))
        return {name(rpc): rpc for rpc in sorted(found, key=name)}

    @cached_property
    def roles(self) -> Mapping[str, frozenset[str]]:
        """What each role may do."""
        return contract.roles(self.image)

    @cached_property
    def messages(self) -> Mapping[str, Descriptor]:
        """Every message by full name, nested ones as well, map entries left out."""
        files = contract.files(self.image)
        tops = [message for file in files for message in file.message_types_by_name.values()]
        return {message.full_name: message for message in _nested(tops)}

    @cached_property
    def comments(self) -> Mapping[str, str]:
        """The comments of fields of top-level messages by the fields' full names, each on one line."""
        files = FileDescriptorSet.FromString(self.image.read_bytes()).file
        return dict(comment for file in files for comment in _comments(file))

    @cached_property
    def resources(self) -> Mapping[str, Descriptor]:
        """The messages that are resources, by their type: `mesh/Product`."""
        described = {resource_type(message): message for message in self.messages.values()}
        return {kind: message for kind, message in described.items() if kind}


def name(rpc: Method) -> str:
    """An RPC's name."""
    return rpc.path.removeprefix("/")


def new(descriptor: Descriptor) -> Message:
    """An empty message."""
    return GetMessageClass(descriptor)()


def described(message: Message) -> Descriptor:
    """The descriptor of a message, as the one type that it is under every protobuf runtime."""
    return cast("Descriptor", message.DESCRIPTOR)


def fields(message: Message) -> Sequence[FieldDescriptor]:
    """The fields that a message may have, in the order of the proto."""
    return described(message).fields


def copy(message: Message) -> Message:
    """An equal message."""
    copied = type(message)()
    copied.CopyFrom(message)
    return copied


def held(field: FieldDescriptor) -> Descriptor:
    """The message type of a field that holds messages."""
    assert field.message_type is not None, f"{field.full_name} holds no message"
    return field.message_type


def is_map(field: FieldDescriptor) -> bool:
    """Whether a field is a map: its message type is then that of its entries."""
    return field.message_type is not None and bool(field.message_type.GetOptions().map_entry)


def entry(field: FieldDescriptor) -> tuple[FieldDescriptor, FieldDescriptor]:
    """Key and value of a map."""
    fields = held(field).fields_by_name
    return fields["key"], fields["value"]


def enum_numbers(field: FieldDescriptor) -> list[int]:
    """The numbers that an enum defines."""
    assert field.enum_type is not None
    return sorted({value.number for value in field.enum_type.values})


def request_field(rpc: Method, field: str) -> FieldDescriptor | None:
    """A field of the request."""
    found: FieldDescriptor | None = rpc.descriptor.input_type.fields_by_name.get(field)
    return found


def remembers(rpc: Method) -> bool:
    """Whether a replay of the RPC is known by a request id."""
    return not rpc.safe and rpc.idempotent and request_field(rpc, "request_id") is not None


def pages(rpc: Method) -> bool:
    """Whether the RPC answers in pages."""
    answer = rpc.descriptor.output_type.fields_by_name
    return request_field(rpc, "page_token") is not None and "next_page_token" in answer


def items_field(rpc: Method) -> FieldDescriptor:
    """The list in the answer of an RPC that pages."""
    fields = rpc.descriptor.output_type.fields
    return next(field for field in fields if field.is_repeated and field.message_type is not None)


def updated_field(rpc: Method) -> FieldDescriptor | None:
    """The resource in the request of an RPC with an update mask."""
    if request_field(rpc, "update_mask") is None:
        return None
    return next((f for f in rpc.descriptor.input_type.fields if f.message_type and resource_type(f.message_type)), None)


def resource_type(message: Descriptor) -> str:
    """The type of a resource, or nothing."""
    return str(message.GetOptions().Extensions[resource_pb2.resource].type)


def behaves(field: FieldDescriptor, behaviour: int) -> bool:
    """Whether a field has a `google.api.field_behavior`."""
    return behaviour in field.GetOptions().Extensions[field_behavior_pb2.field_behavior]


def writable(field: FieldDescriptor) -> bool:
    """Whether an update may name the field."""
    fixed = field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER, field_behavior_pb2.IMMUTABLE
    return field.name != "etag" and not any(behaves(field, one) for one in fixed)


def sensitive(field: FieldDescriptor) -> bool:
    """Whether the field's value is kept out of logs and recordings."""
    return bool(field.GetOptions().Extensions[policy_pb2.field].sensitive)


def _comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    said = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
    messages, fields = FileDescriptorProto.MESSAGE_TYPE_FIELD_NUMBER, DescriptorProto.FIELD_FIELD_NUMBER
    for i, message in enumerate(file.message_type):
        for j, field in enumerate(message.field):
            comment = said.get((messages, i, fields, j), "")
            yield f"{file.package}.{message.name}.{field.name}", " ".join(comment.split())


def _nested(messages: list[Descriptor]) -> Iterator[Descriptor]:
    for message in messages:
        yield message
        yield from _nested([one for one in message.nested_types if not one.GetOptions().map_entry])

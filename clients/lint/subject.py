"""What is linted: the contract of one descriptor image, in the shapes that rules ask for."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor, MethodDescriptor
from google.protobuf.descriptor_pb2 import FileDescriptorProto, FileDescriptorSet

from clients import contract


@dataclass(frozen=True, slots=True)
class Finding:
    """A place in the contract, by its full name, that breaks a rule, and how."""

    path: str
    message: str


@dataclass(frozen=True, slots=True)
class Subject:
    """A contract, third parties left out."""

    rpcs: tuple[MethodDescriptor, ...]
    methods: tuple[contract.Method, ...]
    """The RPCs again, as far as their policy can be read."""
    messages: tuple[Descriptor, ...]
    reasons: Mapping[str, EnumDescriptor]
    """The `ErrorReason` of each area, by area."""
    roles: Mapping[str, frozenset[str]]
    """The permissions of each role, by its enum's full name, a dot, and the value."""
    comments: Mapping[str, str]
    """The comment of each value of a top-level enum, by the enum's full name, a dot, and the value."""

    def fields(self) -> Iterator[FieldDescriptor]:
        """Every field of every message."""
        return (field for message in self.messages for field in message.fields)


def read(image: Path) -> Subject:
    """Reads an image with source info, as `make generate` writes it."""
    files = contract.files(image)
    rpcs = [rpc for service in contract.services(image) for rpc in service.methods]
    enums = [enum for file in files for enum in file.enum_types_by_name.values()]
    described = FileDescriptorSet.FromString(image.read_bytes()).file
    return Subject(
        rpcs=tuple(rpcs),
        methods=tuple(_readable(rpcs)),
        messages=tuple(_messages(message for file in files for message in file.message_types_by_name.values())),
        reasons={contract.area(enum.full_name): enum for enum in enums if enum.name == "ErrorReason"},
        roles={
            f"{enum.full_name}.{value.name}": held
            for enum in enums
            for value in enum.values
            if (held := contract.permissions(value))
        },
        comments=dict(comment for file in described for comment in _comments(file)),
    )


def _readable(rpcs: Iterable[MethodDescriptor]) -> Iterator[contract.Method]:
    for rpc in rpcs:
        try:
            yield contract.method(rpc)
        except contract.ContractError:
            continue  # The access rule reports it.


def _messages(messages: Iterable[Descriptor]) -> Iterator[Descriptor]:
    for message in messages:
        yield message
        yield from _messages(nested for nested in message.nested_types if not nested.GetOptions().map_entry)


def _comments(file: FileDescriptorProto) -> Iterator[tuple[str, str]]:
    said = {tuple(place.path): place.leading_comments for place in file.source_code_info.location}
    enums, values = FileDescriptorProto.ENUM_TYPE_FIELD_NUMBER, 2  # EnumDescriptorProto.value
    for i, enum in enumerate(file.enum_type):
        for j, value in enumerate(enum.value):
            yield f"{file.package}.{enum.name}.{value.name}", said.get((enums, i, values, j), "")

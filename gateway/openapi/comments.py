"""What the protos say in prose, by the full name of what it is said of."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
    ServiceDescriptorProto,
)

Said = Mapping[tuple[int, ...], str]
Found = Iterator[tuple[str, str]]


def read(image: Path) -> Mapping[str, str]:
    """The comments of a descriptor image with source info. An enum's values are below the enum's name."""
    return {
        name: comment for file in FileDescriptorSet.FromString(image.read_bytes()).file for name, comment in _file(file)
    }


def _file(file: FileDescriptorProto) -> Found:
    said = {tuple(place.path): _text(place.leading_comments) for place in file.source_code_info.location}
    for index, message in enumerate(file.message_type):
        yield from _message(message, f"{file.package}.{message.name}", (4, index), said)
    for index, enum in enumerate(file.enum_type):
        yield from _enum(enum, f"{file.package}.{enum.name}", (5, index), said)
    for index, service in enumerate(file.service):
        yield from _service(service, f"{file.package}.{service.name}", (6, index), said)


# The numbers are those of the fields of `descriptor.proto`, as the places of source info are written.


def _message(message: DescriptorProto, name: str, place: tuple[int, ...], said: Said) -> Found:
    yield name, said.get(place, "")
    for index, field in enumerate(message.field):
        yield f"{name}.{field.name}", said.get((*place, 2, index), "")
    for index, nested in enumerate(message.nested_type):
        yield from _message(nested, f"{name}.{nested.name}", (*place, 3, index), said)
    for index, enum in enumerate(message.enum_type):
        yield from _enum(enum, f"{name}.{enum.name}", (*place, 4, index), said)


def _enum(enum: EnumDescriptorProto, name: str, place: tuple[int, ...], said: Said) -> Found:
    yield name, said.get(place, "")
    for index, value in enumerate(enum.value):
        yield f"{name}.{value.name}", said.get((*place, 2, index), "")


def _service(service: ServiceDescriptorProto, name: str, place: tuple[int, ...], said: Said) -> Found:
    yield name, said.get(place, "")
    for index, method in enumerate(service.method):
        yield f"{name}.{method.name}", said.get((*place, 2, index), "")


def _text(comment: str) -> str:
    """Lines of a paragraph are joined: where they end is the editor's concern."""
    paragraphs = re.split(r"\n\s*\n", comment.strip())
    return "\n\n".join(" ".join(line.strip() for line in paragraph.splitlines()) for paragraph in paragraphs)

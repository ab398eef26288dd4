"""Prints a proto2 file from its descriptor, for a wheel that carries the descriptor without the text."""

import io
import json
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import cast

from google.protobuf import text_format
from google.protobuf.descriptor_pb2 import (
    DescriptorProto,
    EnumDescriptorProto,
    FieldDescriptorProto,
    FileDescriptorProto,
    FileDescriptorSet,
)
from google.protobuf.descriptor_pool import DescriptorPool
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

_MAX_FIELD = 536_870_911


def proto_source(name: str, files: FileDescriptorSet) -> str:
    """The text that compiles to the file `name` of `files`, comments aside; dependencies come before dependents.

    Raises `ValueError` for what it cannot say: another syntax than proto2, groups, maps, default values.
    """
    file = _knowing_options(next(file for file in files.file if file.name == name), files)
    if file.syntax not in ("", "proto2"):
        raise ValueError(f"{name}: only proto2 is printed, not {file.syntax}")
    return "\n".join(_file(file)) + "\n"


def _knowing_options(file: FileDescriptorProto, files: FileDescriptorSet) -> FileDescriptorProto:
    """The file read anew, so that the options which `files` define are fields in it and not unknown bytes."""
    pool = DescriptorPool()
    for known in files.file:
        pool.Add(known)
    message = GetMessageClass(pool.FindMessageTypeByName(FileDescriptorProto.DESCRIPTOR.full_name))
    return cast("FileDescriptorProto", message.FromString(file.SerializeToString()))


def _file(file: FileDescriptorProto) -> Iterator[str]:
    yield 'syntax = "proto2";'
    yield f"package {file.package};"
    for name in file.dependency:
        yield f"import {json.dumps(name)};"
    for option in _options(file.options):
        yield f"option {option};"
    for extendee, fields in groupby(file.extension, key=lambda field: field.extendee):
        yield from _block(f"extend {extendee}", map(_field, fields))
    for enum in file.enum_type:
        yield from _enum(enum)
    for message in file.message_type:
        yield from _message(message)


def _enum(enum: EnumDescriptorProto) -> Iterator[str]:
    yield from _block(f"enum {enum.name}", _enum_body(enum))


def _enum_body(enum: EnumDescriptorProto) -> Iterator[str]:
    for option in _options(enum.options):
        yield f"option {option};"
    # Unlike a message's, an enum's reserved range includes its end.
    yield from _reserved(((r.start, r.end) for r in enum.reserved_range), enum.reserved_name)
    for value in enum.value:
        yield f"{value.name} = {value.number}{_bracketed(value.options)};"


def _message(message: DescriptorProto) -> Iterator[str]:
    yield from _block(f"message {message.name}", _message_body(message))


def _message_body(message: DescriptorProto) -> Iterator[str]:
    if message.options.map_entry:
        raise ValueError(f"{message.name}: maps are not printed")
    for option in _options(message.options):
        yield f"option {option};"
    yield from _reserved(((r.start, r.end - 1) for r in message.reserved_range), message.reserved_name)
    for span in message.extension_range:
        yield f"extensions {_range(span.start, span.end - 1)}{_bracketed(span.options)};"
    for enum in message.enum_type:
        yield from _enum(enum)
    for nested in message.nested_type:
        yield from _message(nested)
    # The fields of a oneof stand together in a descriptor, as they do in the text.
    for index, fields in groupby(message.field, key=_oneof):
        if index is None:
            yield from map(_field, fields)
        else:
            declared = message.oneof_decl[index]
            options = [f"option {option};" for option in _options(declared.options)]
            yield from _block(f"oneof {declared.name}", [*options, *map(_field, fields)])


def _oneof(field: FieldDescriptorProto) -> int | None:
    return field.oneof_index if field.HasField("oneof_index") else None


def _field(field: FieldDescriptorProto) -> str:
    if field.type == FieldDescriptorProto.TYPE_GROUP or field.HasField("default_value"):
        raise ValueError(f"{field.name}: groups and default values are not printed")
    label = FieldDescriptorProto.Label.Name(field.label).removeprefix("LABEL_").lower() + " "
    if _oneof(field) is not None:
        label = ""
    kind = field.type_name or FieldDescriptorProto.Type.Name(field.type).removeprefix("TYPE_").lower()
    return f"{label}{kind} {field.name} = {field.number}{_bracketed(field.options)};"


def _reserved(ranges: Iterable[tuple[int, int]], names: Iterable[str]) -> Iterator[str]:
    for reserved in ([_range(*span) for span in ranges], [json.dumps(name) for name in names]):
        if reserved:
            yield f"reserved {', '.join(reserved)};"


def _range(first: int, last: int) -> str:
    if first == last:
        return str(first)
    return f"{first} to {'max' if last == _MAX_FIELD else last}"


def _bracketed(options: Message) -> str:
    said = ", ".join(_options(options))
    return f" [{said}]" if said else ""


def _options(options: Message) -> Iterator[str]:
    for field, value in options.ListFields():
        name = f"({field.full_name})" if field.is_extension else field.name
        for one in value if field.is_repeated else [value]:
            text = io.StringIO()
            text_format.PrintFieldValue(field, one, text, as_one_line=True)
            yield f"{name} = {text.getvalue().strip()}"


def _block(head: str, body: Iterable[str]) -> Iterator[str]:
    yield f"{head} {{"
    yield from (f"  {line}" for line in body)
    yield "}"

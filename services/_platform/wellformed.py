"""What a message can hold although no rule of the contract names it: texts and instants that Postgres cannot keep."""

from collections.abc import Callable, Iterable, Iterator
from functools import cache
from operator import methodcaller
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services._platform.errors import FieldViolation

_NUL = "\0"
_TIMESTAMP = Timestamp.DESCRIPTOR.full_name
_Fields: TypeAlias = Callable[[Message], Iterable[tuple[FieldDescriptor, Any]]]


def malformed(message: Message, prefix: str = "") -> list[FieldViolation]:
    """Every text with U+0000 and every Timestamp that is no instant, at any depth; paths start with `prefix`.

    All is walked only where the bytes tell of a U+0000; else only what leads to a Timestamp: in most messages nothing.
    """
    fields = methodcaller("ListFields") if b"\0" in message.SerializeToString() else _to_instants
    return list(_within(message, prefix, fields))


def _within(message: Message, path: str, fields: _Fields) -> Iterator[FieldViolation]:
    if message.DESCRIPTOR.full_name == _TIMESTAMP:
        try:
            message.ToJsonString()  # type: ignore[attr-defined]
        except ValueError:
            yield FieldViolation(path, "must be an instant between the years 1 and 9999", "timestamp.range")
        return
    for field, value in fields(message):
        for place, one in _values(field, value):
            found = f"{path}.{field.name}{place}" if path else f"{field.name}{place}"
            if isinstance(one, Message):
                yield from _within(one, found, fields)
            elif isinstance(one, str) and _NUL in one:
                yield FieldViolation(found.replace(_NUL, ""), "must not contain the character U+0000", "string.nul")


def _values(field: FieldDescriptor, value: Any) -> Iterator[tuple[str, Any]]:
    """The single values of a field, each with its subscript."""
    if not field.is_repeated:
        yield "", value
    elif hasattr(value, "items"):
        for key in value:
            yield f'["{key}"]', key
            yield f'["{key}"]', value[key]
    else:
        for index, one in enumerate(value):
            yield f"[{index}]", one


def _to_instants(message: Message) -> Iterator[tuple[FieldDescriptor, Any]]:
    """The fields of a message that are set and may hold a Timestamp."""
    for field in _leading_to_instants(message.DESCRIPTOR):
        if field.is_repeated or message.HasField(field.name):
            yield field, getattr(message, field.name)


@cache
def _leading_to_instants(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    return tuple(field for field in descriptor.fields if field.message_type and _tells_time(field.message_type))


@cache
def _tells_time(descriptor: Descriptor) -> bool:
    """Whether a message of this type can hold a Timestamp."""
    seen: set[str] = set()
    reached = [descriptor]
    while reached:
        one = reached.pop()
        if one.full_name not in seen:
            seen.add(one.full_name)
            reached += [field.message_type for field in one.fields if field.message_type]
    return _TIMESTAMP in seen

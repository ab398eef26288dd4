"""What a message can hold although no rule of the contract names it: texts and instants that Postgres cannot keep."""

from collections.abc import Iterable, Iterator
from enum import Enum
from functools import cache
from typing import Any, cast

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services._platform.errors import FieldViolation

_NUL = "\0"
_TIMESTAMP = Timestamp.DESCRIPTOR.full_name
_FIRST_SECOND, _LAST_SECOND = -62_135_596_800, 253_402_300_799
"""Of the years 1 to 9999, since 1970."""


class _Holds(Enum):
    """How a field holds messages."""

    ONE = 1
    LIST = 2
    MAP = 3


def malformed(message: Message, prefix: str = "") -> list[FieldViolation]:
    """Every text with U+0000 and every Timestamp that is no instant, at any depth; paths start with `prefix`.

    All is walked only where the bytes tell of a U+0000, or a Timestamp is wrong: what is looked at for that is only
    what leads to one, in most messages nothing.
    """
    if b"\0" in message.SerializeToString() or not _tells_instants(message):
        return list(_within(message, prefix))
    return []


def _tells_instants(message: Message) -> bool:
    """Whether every Timestamp is an instant."""
    for name, holds, is_instant in _leading_to_instants(message.DESCRIPTOR):
        held: Iterable[Any]
        if holds is _Holds.ONE:
            held = (getattr(message, name),) if message.HasField(name) else ()
        else:
            held = getattr(message, name) if holds is _Holds.LIST else getattr(message, name).values()
        for one in held:
            if not (_is_instant(one) if is_instant else _tells_instants(one)):
                return False
    return True


def _is_instant(timestamp: Timestamp) -> bool:
    return _FIRST_SECOND <= timestamp.seconds <= _LAST_SECOND and 0 <= timestamp.nanos < 1_000_000_000


def _within(message: Message, path: str) -> Iterator[FieldViolation]:
    if message.DESCRIPTOR.full_name == _TIMESTAMP:
        if not _is_instant(cast("Timestamp", message)):
            yield FieldViolation(path, "must be an instant between the years 1 and 9999", "timestamp.range")
        return
    for field, value in message.ListFields():
        for place, one in _values(field, value):
            found = f"{path}.{field.name}{place}" if path else f"{field.name}{place}"
            if isinstance(one, Message):
                yield from _within(one, found)
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


@cache
def _leading_to_instants(descriptor: Descriptor) -> tuple[tuple[str, _Holds, bool], ...]:
    """The fields that may hold a Timestamp: their names, how they hold messages, and whether those are Timestamps."""
    found = []
    for field in descriptor.fields:
        held, holds = field.message_type, _Holds.LIST if field.is_repeated else _Holds.ONE
        if held and held.GetOptions().map_entry:
            held, holds = held.fields_by_name["value"].message_type, _Holds.MAP
        if held and _tells_time(held):
            found.append((field.name, holds, held.full_name == _TIMESTAMP))
    return tuple(found)


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

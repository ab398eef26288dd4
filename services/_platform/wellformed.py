"""What a message can hold although no rule of the contract names it: texts and instants that Postgres cannot keep."""

from collections.abc import Iterator
from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from services._platform.errors import FieldViolation

_NUL = "\0"
_TIMESTAMP = Timestamp.DESCRIPTOR.full_name


def malformed(message: Message, prefix: str = "") -> list[FieldViolation]:
    """Every text with U+0000 and every Timestamp that is no instant, at any depth; paths start with `prefix`.

    The walk is made only where there may be something to find: most messages cost one look at their bytes.
    """
    if b"\0" not in message.SerializeToString() and not _tells_time(message.DESCRIPTOR):
        return []
    return list(_within(message, prefix))


def _within(message: Message, path: str) -> Iterator[FieldViolation]:
    if message.DESCRIPTOR.full_name == _TIMESTAMP:
        try:
            message.ToJsonString()  # type: ignore[attr-defined]
        except ValueError:
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

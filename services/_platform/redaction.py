"""What the contract calls sensitive is blanked before a message is logged or its digest is kept."""

from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, TypeVar

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from mesh.options.v1 import policy_pb2

REDACTED = "[redacted]"
Redacted = TypeVar("Redacted", bound=Message)


def redacted(message: Redacted) -> Redacted:
    """A copy that may be logged: every field that the contract calls sensitive is blanked, at any depth."""
    copy = type(message)()
    copy.CopyFrom(message)
    if _holds_secrets(message.DESCRIPTOR):
        _blank(copy)
    return copy


@cache
def _holds_secrets(descriptor: Descriptor) -> bool:
    """Whether a message of this type can hold a sensitive field. Most cannot, and are spared the walk."""
    return any(_sensitive(field) for held in _reachable(descriptor, set()) for field in held.fields)


def _reachable(descriptor: Descriptor, seen: set[str]) -> Iterator[Descriptor]:
    if descriptor.full_name in seen:
        return
    seen.add(descriptor.full_name)
    yield descriptor
    for field in descriptor.fields:
        if field.message_type is not None:
            yield from _reachable(field.message_type, seen)


def _sensitive(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().Extensions[policy_pb2.field].sensitive)


def _blank(message: Message) -> None:
    for field, value in message.ListFields():
        if _sensitive(field):
            message.ClearField(field.name)
            if field.type == FieldDescriptor.TYPE_STRING and not field.is_repeated:
                setattr(message, field.name, REDACTED)
        elif field.type == FieldDescriptor.TYPE_MESSAGE:
            for child in _messages(field, value):
                _blank(child)


def _messages(field: FieldDescriptor, value: Any) -> Iterable[Message]:
    if not field.is_repeated:
        return [value]
    children = value.values() if hasattr(value, "values") else value
    return [child for child in children if isinstance(child, Message)]

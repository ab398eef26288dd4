"""What holds for every message that a server sends."""

import re
from collections.abc import Iterator
from typing import Any

from google.api import field_behavior_pb2, resource_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.contract.generate.rules import broken
from tests.contract.subject import behaves


def assert_keeps_rules(answer: Message) -> None:
    """An answer keeps the contract's rules, its resources have names of their pattern."""
    found = broken(answer)
    assert not found, f"an answer breaks {sorted(found)}: {answer}"
    for message in within(answer):
        resource = message.DESCRIPTOR.GetOptions().Extensions[resource_pb2.resource]
        if not resource.type:
            continue
        name = str(getattr(message, "name"))  # noqa: B009  every resource has one
        patterns = [re.sub(r"\{\w+\}", "[^/]+", pattern) for pattern in resource.pattern]
        assert any(re.fullmatch(one, name) for one in patterns), f"{name!r} is no name of a {resource.type}"


def within(message: Message) -> Iterator[Message]:
    """A message and all that it holds."""
    yield message
    for _, value in message.ListFields():
        for one in values(value):
            if isinstance(one, Message):
                yield from within(one)


def values(value: Any) -> list[Any]:
    """The single values of a field."""
    if isinstance(value, (Message, str, bytes, int, float)):
        return [value]
    return list(value.values()) if hasattr(value, "values") else list(value)


def identifies(field: FieldDescriptor) -> bool:
    """Whether a field is its resource's name."""
    return behaves(field, field_behavior_pb2.IDENTIFIER)


def volatile(one: Message, other: Message) -> set[str]:
    """The fields in which two answers to the same request differ: they tell of the moment, not of the request."""
    return {field.name for field in one.DESCRIPTOR.fields if not _same(field.name, one, other)}


def without(message: Message, fields: set[str]) -> Message:
    """A copy without some of its fields."""
    made = type(message)()
    made.CopyFrom(message)
    for field in fields:
        made.ClearField(field)
    return made


def _same(field: str, one: Message, other: Message) -> bool:
    kept = {f.name for f in one.DESCRIPTOR.fields} - {field}
    return bool(without(one, kept) == without(other, kept))

"""Rules of fields: their types, and what they name."""

import re
from collections.abc import Iterator

from google.api import field_behavior_pb2, resource_pb2
from google.protobuf.descriptor import FieldDescriptor

from clients.lint.subject import Finding, Subject

_MONEY = re.compile(r"(?:^|_)(?:price|amount|cost|fee|subtotal|balance|money)$|_(?:cents|minor_units|micros)$")
_INSTANT = re.compile(r"(?:^|_)(?:time|date|timestamp)$|_at$")
_SPAN = re.compile(
    r"(?:^|_)(?:ttl|lifetime|deadline|duration|timeout|delay|interval|period|age)$"
    r"|_(?:seconds|secs|millis|ms|micros|minutes|hours|days)$"
)


def money(subject: Subject) -> Iterator[Finding]:
    """Money says its currency and is exact."""
    yield from _typed(subject, _MONEY, "google.type.Money")


def instants(subject: Subject) -> Iterator[Finding]:
    """An instant has one meaning, everywhere on earth."""
    yield from _typed(subject, _INSTANT, "google.protobuf.Timestamp")


def spans(subject: Subject) -> Iterator[Finding]:
    """A span of time carries its unit."""
    yield from _typed(subject, _SPAN, "google.protobuf.Duration")


def resources(subject: Subject) -> Iterator[Finding]:
    """A resource has a `name` that is its IDENTIFIER."""
    for message in subject.messages:
        if not message.GetOptions().HasExtension(resource_pb2.resource):
            continue
        name = message.fields_by_name.get("name")
        if name is None or field_behavior_pb2.IDENTIFIER not in _behaviours(name):
            yield Finding(message.full_name, "a resource without a `name` that is its IDENTIFIER")


def references(subject: Subject) -> Iterator[Finding]:
    """A field that holds a resource's name says which resource, and there is one."""
    described = [message.GetOptions().Extensions[resource_pb2.resource] for message in subject.messages]
    types = {resource.type for resource in described if resource.type}
    nouns = {_snake(noun) for resource in described for noun in (resource.singular, resource.plural) if noun}
    asked = {f"{rpc.input_type.full_name}.name" for rpc in subject.rpcs}
    for field in subject.fields():
        options = field.GetOptions()
        reference = options.Extensions[resource_pb2.resource_reference]
        if options.HasExtension(resource_pb2.resource_reference):
            named = reference.type or reference.child_type
            if named not in types:
                yield Finding(field.full_name, f"refers to {named}, which no message is")
        elif field.type == FieldDescriptor.TYPE_STRING and (
            field.name == "parent"
            or field.full_name in asked
            or any(field.name == noun or field.name.endswith(f"_{noun}") for noun in nouns)
        ):
            yield Finding(field.full_name, "names a resource without a resource_reference")


def _typed(subject: Subject, name: re.Pattern[str], wanted: str) -> Iterator[Finding]:
    for field in subject.fields():
        held = field.message_type
        if name.search(field.name) and (held is None or held.full_name != wanted):
            yield Finding(field.full_name, f"is not a {wanted}")


def _behaviours(field: FieldDescriptor) -> list[int]:
    return list(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


def _snake(noun: str) -> str:
    return re.sub(r"(?<=[a-z0-9])([A-Z])", r"_\1", noun).lower()

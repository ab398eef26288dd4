"""Rules of what goes in and out of an RPC."""

from collections.abc import Iterator

from google.api import resource_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from buf.validate import validate_pb2
from clients.lint.subject import Finding, Subject

_THIRD_PARTY_ANSWERS = ("google.protobuf.Empty", "google.api.HttpBody")


def answers(subject: Subject) -> Iterator[Finding]:
    """An RPC answers with a resource, or with a message of its own name."""
    for rpc in subject.rpcs:
        answer = rpc.output_type
        if answer.GetOptions().HasExtension(resource_pb2.resource):
            continue
        if answer.name != f"{rpc.name}Response" and answer.full_name not in _THIRD_PARTY_ANSWERS:
            yield Finding(rpc.full_name, f"{answer.full_name} is neither a resource nor {rpc.name}Response")


def request_ids(subject: Subject) -> Iterator[Finding]:
    """A write carries a UUID by which a replay of it is known. In a stream, each message does."""
    for rpc in subject.methods:
        if rpc.safe or not rpc.idempotent:
            continue
        request = rpc.descriptor.input_type
        field = request.fields_by_name.get("request_id")
        if field is None or not field.GetOptions().Extensions[validate_pb2.field].string.uuid:
            yield Finding(request.full_name, "a write without a `request_id` that is a string with the uuid rule")


def paging(subject: Subject) -> Iterator[Finding]:
    """A List RPC is read in pages."""
    for rpc in subject.rpcs:
        if not rpc.name.startswith("List"):
            continue
        yield from _lacks(rpc.input_type, "page_size", FieldDescriptor.TYPE_INT32)
        yield from _lacks(rpc.input_type, "page_token", FieldDescriptor.TYPE_STRING)
        yield from _lacks(rpc.output_type, "next_page_token", FieldDescriptor.TYPE_STRING)


def updates(subject: Subject) -> Iterator[Finding]:
    """An Update RPC takes a mask and checks the name of what it updates.

    The resource's own rules cannot: when it is created it has no name yet.
    """
    for rpc in subject.rpcs:
        if not rpc.name.startswith("Update"):
            continue
        request = rpc.input_type
        mask = request.fields_by_name.get("update_mask")
        if mask is None or mask.message_type is None or mask.message_type.full_name != "google.protobuf.FieldMask":
            yield Finding(request.full_name, "an update without a FieldMask `update_mask`")
        rules = request.GetOptions().Extensions[validate_pb2.message].cel
        for field in request.fields:
            if field.message_type is None or not field.message_type.GetOptions().HasExtension(resource_pb2.resource):
                continue
            if not any(f"this.{field.name}.name.matches('^" in rule.expression for rule in rules):
                yield Finding(request.full_name, f"no CEL rule matches {field.name}.name")


def _lacks(message: Descriptor, name: str, kind: int) -> Iterator[Finding]:
    field = message.fields_by_name.get(name)
    if field is None or field.is_repeated or field.type != kind:
        type_name = "int32" if kind == FieldDescriptor.TYPE_INT32 else "string"
        yield Finding(message.full_name, f"no `{type_name} {name}` to page by")

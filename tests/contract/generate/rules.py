"""The contract's rules of a field, and what a message breaks: the judge of every generated message."""

from dataclasses import dataclass

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message
from protovalidate import Validator

from buf.validate import validate_pb2

_validator = Validator()


@dataclass(frozen=True, slots=True, order=True)
class Broken:
    """A rule that a message breaks: the field's path as the mesh tells it, and the rule's id."""

    path: str
    rule: str


def field_rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """The rules of a field; empty when it has none."""
    rules: validate_pb2.FieldRules = field.GetOptions().Extensions[validate_pb2.field]
    return rules


def message_rules(message: Descriptor) -> validate_pb2.MessageRules:
    """The rules over several fields of a message."""
    rules: validate_pb2.MessageRules = message.GetOptions().Extensions[validate_pb2.message]
    return rules


def unchecked(field: FieldDescriptor) -> bool:
    """Whether the contract leaves a field's rules to the server, which knows what it comes to."""
    return field_rules(field).ignore == validate_pb2.IGNORE_ALWAYS


def broken(message: Message) -> frozenset[Broken]:
    """Every rule that a message breaks.

    A rule over several fields sits on the message; the mesh writes the field it is about into its id, after a dot.
    """
    found = set()
    for violation in _validator.collect_violations(message):
        told = violation.proto
        path = []
        for element in told.field.elements if told.field else ():
            subscript = element.subscript
            if subscript is None:
                path.append(element.field_name)
            elif subscript.field == "index":
                path.append(f"{element.field_name}[{subscript.value}]")
            else:
                path.append(f'{element.field_name}["{subscript.value}"]')
        if told.rule is None and (about := told.rule_id.partition(".")[2]):
            path.append(about)
        found.add(Broken(".".join(path), told.rule_id))
    return frozenset(found)

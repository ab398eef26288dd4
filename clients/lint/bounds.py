"""The rule that nothing a caller sends is of unbounded size."""

import re
from collections.abc import Iterator

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from buf.validate import validate_pb2
from clients.lint.subject import Finding, Subject

_LIMITS = (
    "const",
    "in",
    "len",
    "len_bytes",
    "max_len",
    "max_bytes",
    "uuid",
    "tuuid",
    "ulid",
    "ip",
    "hostname",
    "email",
)
_SET_BY_SERVER = {field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER}
"""A server ignores what a caller says here; the rule of updates sees to identifiers."""


def bounded(subject: Subject) -> Iterator[Finding]:
    """Every text and list that a request can hold, however deep, has a rule of its greatest size."""
    ours = {message.full_name for message in subject.messages}
    seen: set[str] = set()
    for rpc in subject.rpcs:
        yield from _message(rpc.input_type, ours, seen)


def _message(message: Descriptor, ours: set[str], seen: set[str]) -> Iterator[Finding]:
    if message.full_name in seen or message.full_name not in ours:
        return
    seen.add(message.full_name)
    for field in message.fields:
        options = field.GetOptions()
        if _SET_BY_SERVER.intersection(options.Extensions[field_behavior_pb2.field_behavior]):
            continue
        for missing in _missing(field, options.Extensions[validate_pb2.field]):
            yield Finding(field.full_name, f"unbounded: {missing}")
        held = field.message_type
        if held is not None and held.GetOptions().map_entry:
            held = held.fields_by_name["value"].message_type
        if held is not None:
            yield from _message(held, ours, seen)


def _missing(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Iterator[str]:
    held = field.message_type
    if held is not None and held.GetOptions().map_entry:
        entry = held.fields_by_name
        if not rules.map.HasField("max_pairs"):
            yield "no max_pairs"
        yield from (f"keys have {missing}" for missing in _text(entry["key"], rules.map.keys))
        yield from (f"values have {missing}" for missing in _text(entry["value"], rules.map.values))
    elif field.is_repeated:
        if not rules.repeated.HasField("max_items"):
            yield "no max_items"
        yield from (f"items have {missing}" for missing in _text(field, rules.repeated.items))
    else:
        yield from _text(field, rules)


def _text(field: FieldDescriptor, rules: validate_pb2.FieldRules) -> Iterator[str]:
    if field.type not in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
        return
    text = rules.bytes if field.type == FieldDescriptor.TYPE_BYTES else rules.string
    said = {rule.name for rule, _ in text.ListFields()}
    if not said.intersection(_LIMITS) and not _ends(text.pattern):
        yield "no max_len, uuid or pattern with an end"


def _ends(pattern: str) -> bool:
    """Whether all that a pattern matches is of limited length: it is anchored, and repeats nothing for ever."""
    plain = re.sub(r"\\.|\[[^\]]*\]", "c", pattern)
    return plain.startswith("^") and plain.endswith("$") and not re.search(r"[*+]|\{\d+,\}", plain)

"""Which validation rules of a message refuse more than they did."""

from collections.abc import Iterator
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.duration_pb2 import Duration
from google.protobuf.timestamp_pb2 import Timestamp

from buf.validate import validate_pb2

_LOWER = {"gte", "gt", "min_len", "min_bytes", "min_items", "min_pairs"}
_UPPER = {"lte", "lt", "max_len", "max_bytes", "max_items", "max_pairs"}
_NESTED = {"items", "keys", "values"}
# From refusing least to refusing most.
_CHECKED = [validate_pb2.IGNORE_ALWAYS, validate_pb2.IGNORE_IF_ZERO_VALUE, validate_pb2.IGNORE_UNSPECIFIED]


def tightened(before: Descriptor, after: Descriptor) -> Iterator[tuple[str, str]]:
    """Fields and what refuses more there; of rules over several fields, an empty field."""
    yield from (("", change) for change in _cel(_message_rules(before), _message_rules(after)))
    for field in after.fields:
        rules = _field_rules(field)
        old = before.fields_by_name.get(field.name)
        if old is not None:
            yield from ((field.name, change) for change in _field(_field_rules(old), rules))
        elif rules.required:
            yield field.name, "is new and required: callers that do not know it are refused"


def _field(before: validate_pb2.FieldRules, after: validate_pb2.FieldRules) -> Iterator[str]:
    if after.ignore == validate_pb2.IGNORE_ALWAYS:
        return
    if _CHECKED.index(after.ignore) > _CHECKED.index(before.ignore) and after.WhichOneof("type"):
        yield "is checked where it was not"
        if before.ignore == validate_pb2.IGNORE_ALWAYS:
            return
    if after.required and not before.required:
        yield "is required, and was not"
    yield from _cel(before, after)
    kind = after.WhichOneof("type")
    if kind is not None:
        yield from _values(getattr(before, kind), getattr(after, kind), kind)


def _values(before: Any, after: Any, path: str) -> Iterator[str]:
    for rule, value in after.ListFields():
        old: Any = getattr(before, rule.name) if rule.is_repeated or before.HasField(rule.name) else None
        name = f"{path}.{rule.name}"
        if rule.name in _NESTED:
            yield from (f"{name}: {change}" for change in _field(getattr(before, rule.name), value))
        elif rule.name == "in":
            gone = [one for one in old if one not in value]
            if gone or not old:
                yield f"{name} {list(old) or 'anything'} -> {list(value)}"
        elif rule.name == "not_in":
            if added := [one for one in value if one not in old]:
                yield f"{name} refuses {added} as well"
        elif rule.name != "example" and _refuses_more(rule.name, old, value):
            yield f"{name} {'none' if old is None else _shown(old)} -> {_shown(value)}"


def _refuses_more(rule: str, before: Any, after: Any) -> bool:
    if after is False:
        return False
    if before is None:
        return True
    if rule in _LOWER:
        return bool(_key(after) > _key(before))
    if rule in _UPPER:
        return bool(_key(after) < _key(before))
    return bool(after != before)


def _cel(before: Any, after: Any) -> Iterator[str]:
    """Whether another expression refuses more cannot be told, so it counts."""
    known = {rule.id: rule.expression for rule in before.cel}
    for rule in after.cel:
        if rule.id not in known:
            yield f"the rule {rule.id} is new: {rule.message}"
        elif rule.expression != known[rule.id]:
            yield f"the rule {rule.id} is another: {known[rule.id]} -> {rule.expression}"


def _key(value: Any) -> Any:
    return (value.seconds, value.nanos) if isinstance(value, Duration | Timestamp) else value


def _shown(value: Any) -> str:
    return f"{value.seconds + value.nanos / 1e9:g} s" if isinstance(value, Duration | Timestamp) else str(value)


def _field_rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    rules: validate_pb2.FieldRules = field.GetOptions().Extensions[validate_pb2.field]
    return rules


def _message_rules(message: Descriptor) -> validate_pb2.MessageRules:
    rules: validate_pb2.MessageRules = message.GetOptions().Extensions[validate_pb2.message]
    return rules

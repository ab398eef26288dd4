"""The rules of `buf.validate` that JSON Schema has words for. What it has none for, the comment of the field says."""

from collections.abc import Mapping
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from buf.validate import validate_pb2
from gateway.proto_json import Json

_TEXT = {"min_len": "minLength", "max_len": "maxLength", "pattern": "pattern"}
_NUMBER = {"gte": "minimum", "gt": "exclusiveMinimum", "lte": "maximum", "lt": "exclusiveMaximum"}
_LIST = {"min_items": "minItems", "max_items": "maxItems", "unique": "uniqueItems"}
_MAP = {"min_pairs": "minProperties", "max_pairs": "maxProperties"}
_FORMATS = ("uuid", "email", "hostname", "ipv4", "ipv6", "uri")


def rules(field: FieldDescriptor) -> validate_pb2.FieldRules:
    """The rules of a field, empty where it has none."""
    return field.GetOptions().Extensions[validate_pb2.field]


def required(field: FieldDescriptor) -> bool:
    """Whether a request has to say it."""
    return bool(rules(field).required) or field_behavior_pb2.REQUIRED in behaviour(field)


def behaviour(field: FieldDescriptor) -> list[int]:
    """Its `google.api.field_behavior`."""
    return list(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])


def of_value(said: validate_pb2.FieldRules) -> Json:
    """What limits a single value."""
    kind = said.WhichOneof("type")
    if kind is None:
        return {}
    of_kind = getattr(said, kind)
    if kind == "string":
        return (
            _words(of_kind, _TEXT) | _format(of_kind) | ({"const": of_kind.const} if of_kind.HasField("const") else {})
        )
    is_number = kind.startswith(("int", "uint", "sint", "fixed", "sfixed", "float", "double"))
    # JSON has 64-bit integers as text, which has no least value.
    return _words(of_kind, _NUMBER) if is_number and "64" not in kind else {}


def of_list(said: validate_pb2.FieldRules) -> Json:
    """What limits a list."""
    return _words(said.repeated, _LIST)


def of_map(said: validate_pb2.FieldRules) -> Json:
    """What limits a map."""
    return _words(said.map, _MAP)


def _words(said: Message, words: Mapping[str, str]) -> Json:
    present: dict[str, Any] = {field.name: value for field, value in said.ListFields()}
    return {word: present[rule] for rule, word in words.items() if rule in present}


def _format(said: validate_pb2.StringRules) -> Json:
    known = said.WhichOneof("well_known")
    return {"format": known} if known in _FORMATS and getattr(said, known) else {}

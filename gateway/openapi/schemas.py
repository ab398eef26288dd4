"""Messages as JSON Schema, in the JSON form that Protobuf gives them."""

from collections.abc import Iterable, Mapping

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, EnumDescriptor, FieldDescriptor

from gateway.openapi import limits
from gateway.proto_json import Json

_F = FieldDescriptor


def _alike(*kinds: int, **schema: object) -> dict[int, Json]:
    return dict.fromkeys(kinds, schema)


_SCALARS: Mapping[int, Json] = {
    _F.TYPE_BOOL: {"type": "boolean"},
    _F.TYPE_STRING: {"type": "string"},
    _F.TYPE_BYTES: {"type": "string", "contentEncoding": "base64"},
    _F.TYPE_DOUBLE: {"type": "number", "format": "double"},
    _F.TYPE_FLOAT: {"type": "number", "format": "float"},
    **_alike(_F.TYPE_INT32, _F.TYPE_SINT32, _F.TYPE_SFIXED32, type="integer", format="int32"),
    **_alike(_F.TYPE_UINT32, _F.TYPE_FIXED32, type="integer", format="uint32", minimum=0),
    **_alike(_F.TYPE_INT64, _F.TYPE_SINT64, _F.TYPE_SFIXED64, type="string", format="int64"),
    **_alike(_F.TYPE_UINT64, _F.TYPE_FIXED64, type="string", format="uint64"),
}
_WRAPPERS = "google/protobuf/wrappers.proto"
_WELL_KNOWN: Mapping[str, Json] = {
    "google.protobuf.Timestamp": {"type": "string", "format": "date-time"},
    "google.protobuf.Duration": {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]{1,9})?s$", "examples": ["3.5s"]},
    "google.protobuf.FieldMask": {"type": "string", "examples": ["displayName,labels"]},
    "google.protobuf.Struct": {"type": "object"},
    "google.protobuf.ListValue": {"type": "array"},
    "google.protobuf.Value": {},
    "google.protobuf.Empty": {"type": "object", "maxProperties": 0},
    "google.protobuf.Any": {"type": "object", "properties": {"@type": {"type": "string"}}, "required": ["@type"]},
    "google.api.HttpBody": {"type": "string", "format": "binary"},
}


def message_of(field: FieldDescriptor) -> Descriptor | None:
    """The message whose fields its JSON has, if it is such a field."""
    message = field.message_type
    plain = message is None or message.full_name in _WELL_KNOWN or message.file.name == _WRAPPERS
    return None if plain else message


class Schemas:
    """The messages and enums that are referred to, each once, under `components/schemas`."""

    def __init__(self, comments: Mapping[str, str]) -> None:
        self._comments = comments
        self._found: dict[str, Json] = {}

    def components(self) -> Json:
        """All that was referred to so far, by name."""
        return dict(sorted(self._found.items()))

    def refer(self, described: Descriptor | EnumDescriptor) -> Json:
        """A reference to a message or an enum."""
        name = described.full_name.removeprefix("mesh.")
        if name not in self._found:
            self._found[name] = {}  # Messages may hold one another.
            self._found[name] = (
                self._enum(described) if isinstance(described, EnumDescriptor) else self.message(described)
            )
        return {"$ref": f"#/components/schemas/{name}"}

    def message(self, message: Descriptor, without: Iterable[str] = ()) -> Json:
        """A message in place, without some of its fields."""
        fields = [field for field in message.fields if field.name not in without]
        schema: Json = {"type": "object", "description": self._comments.get(message.full_name, "")}
        schema["properties"] = {field.json_name: self.field(field) for field in fields}
        schema["additionalProperties"] = False
        if required := [field.json_name for field in fields if limits.required(field)]:
            schema["required"] = required
        return schema

    def field(self, field: FieldDescriptor) -> Json:
        """A field with its limits and its comment."""
        schema = self._shape(field) | {"description": self._comments.get(field.full_name, "")}
        behaviour = limits.behaviour(field)
        if field_behavior_pb2.OUTPUT_ONLY in behaviour:
            schema["readOnly"] = True
        if field_behavior_pb2.INPUT_ONLY in behaviour:
            schema["writeOnly"] = True
        if field.GetOptions().deprecated:
            schema["deprecated"] = True
        return schema

    def _shape(self, field: FieldDescriptor) -> Json:
        said = limits.rules(field)
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            key, value = field.message_type.fields_by_name["key"], field.message_type.fields_by_name["value"]
            names = limits.of_value(said.map.keys) if key.type == _F.TYPE_STRING else {}
            schema: Json = {
                "type": "object",
                "additionalProperties": self._single(value) | limits.of_value(said.map.values),
            }
            return schema | limits.of_map(said) | ({"propertyNames": names} if names else {})
        if field.is_repeated:
            return {
                "type": "array",
                "items": self._single(field) | limits.of_value(said.repeated.items),
            } | limits.of_list(said)
        return self._single(field) | limits.of_value(said)

    def _single(self, field: FieldDescriptor) -> Json:
        message = field.message_type
        if field.enum_type is not None:
            return self.refer(field.enum_type)
        if message is None:
            return dict(_SCALARS[field.type])
        if message.full_name in _WELL_KNOWN:
            return dict(_WELL_KNOWN[message.full_name])
        if message.file.name == _WRAPPERS:
            return self._single(message.fields_by_name["value"])
        return self.refer(message)

    def _enum(self, enum: EnumDescriptor) -> Json:
        lines = [self._comments.get(enum.full_name, "")]
        for value in enum.values:
            said = self._comments.get(f"{enum.full_name}.{value.name}", "")
            lines.append(f"* `{value.name}`: {said}" if said else f"* `{value.name}`")
        names = [value.name for value in enum.values]
        return {"type": "string", "enum": names, "description": "\n".join(lines)}

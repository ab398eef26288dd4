"""How Envoy's configuration is spelled in the JSON form of its protos."""

from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

MIB = 1 << 20


def typed(message: str, **fields: Any) -> Json:
    """A `google.protobuf.Any` that holds the message of that full name."""
    return {"@type": f"type.googleapis.com/{message}", **fields}


def extension(name: str, message: str, **fields: Any) -> Json:
    """An extension: its well-known name, and the message that configures it."""
    return {"name": name, "typed_config": typed(message, **fields)}


def duration(seconds: float) -> str:
    """A `google.protobuf.Duration`, exact to the millisecond."""
    return f"{seconds:.3f}".rstrip("0").rstrip(".") + "s"


def set_header(name: str, value: str, action: str = "OVERWRITE_IF_EXISTS_OR_ADD") -> Json:
    """A `HeaderValueOption`; `value` is a format, so a literal `%` is written `%%`."""
    return {"header": {"key": name, "value": value}, "append_action": action}

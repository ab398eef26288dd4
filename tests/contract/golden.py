"""`python -m tests.contract.golden`: keeps a binary of every message, so that what was written once stays readable.

A binary is not made anew while its message exists: what callers keep or send was written by an older contract.
"""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import Message

from clients.contract import IMAGE
from tests.contract.outcome import Json
from tests.contract.subject import Subject, entry, enum_numbers, is_map, new

FOLDER = Path(__file__).parent / "golden"
_DEPTH = 3


def main() -> None:
    added = renew(Subject(IMAGE), FOLDER)
    sys.stdout.write(f"{added} messages added\n")


def renew(subject: Subject, folder: Path) -> int:
    """Adds the messages that are missing and drops those that are gone; returns how many were added."""
    kept, added = read(folder), 0
    packages: dict[str, dict[str, Json]] = {}
    for name, descriptor in subject.messages.items():
        added += name not in kept
        package = packages.setdefault(descriptor.file.package, {})
        package[name] = kept.get(name) or _golden(full(descriptor))
    folder.mkdir(exist_ok=True)
    for package_name, messages in packages.items():
        text = json.dumps(dict(sorted(messages.items())), indent=1, ensure_ascii=False)
        (folder / f"{package_name}.json").write_text(text + "\n")
    return added


def read(folder: Path) -> Mapping[str, Json]:
    """The golden messages by full name: `binary` in hexadecimal, and what it says, as `json`."""
    return {name: one for file in sorted(folder.glob("*.json")) for name, one in json.loads(file.read_text()).items()}


def full(descriptor: Descriptor, depth: int = _DEPTH) -> Message:
    """A message with every field set, rules aside; of a oneof, the last."""
    message = new(descriptor)
    for field in descriptor.fields:
        if is_map(field):
            _fill_map(getattr(message, field.name), field, depth)
        elif field.is_repeated:
            getattr(message, field.name).extend([_value(field, depth)] if depth or not field.message_type else [])
        elif field.message_type is None:
            setattr(message, field.name, _value(field, depth))
        elif depth:
            getattr(message, field.name).CopyFrom(_value(field, depth))
    return message


def _fill_map(held: object, field: FieldDescriptor, depth: int) -> None:
    key, value = entry(field)
    entries: dict[object, object] = held  # type: ignore[assignment]
    if value.message_type is None:
        entries[_value(key, depth)] = _value(value, depth)
    elif depth:
        held[_value(key, depth)].CopyFrom(_value(value, depth))  # type: ignore[index]


def _value(field: FieldDescriptor, depth: int) -> object:
    if field.message_type is not None:
        if field.message_type.full_name == "google.protobuf.Any":
            return new(field.message_type)
        return full(field.message_type, depth - 1)
    match field.type:
        case FieldDescriptor.TYPE_STRING:
            return "paths" if field.full_name == "google.protobuf.FieldMask.paths" else f"ü{field.number}"
        case FieldDescriptor.TYPE_BYTES:
            return bytes([0, 255, field.number % 256])
        case FieldDescriptor.TYPE_BOOL:
            return True
        case FieldDescriptor.TYPE_ENUM:
            return enum_numbers(field)[-1]
        case FieldDescriptor.TYPE_FLOAT | FieldDescriptor.TYPE_DOUBLE:
            return field.number + 0.5
        case FieldDescriptor.TYPE_INT64 | FieldDescriptor.TYPE_SINT64:
            # Larger than what a float can tell from its neighbours; seconds of a Timestamp have a limit.
            return 1 if field.full_name.startswith("google.protobuf.") else 2**53 + field.number
    return field.number


def _golden(message: Message) -> Json:
    binary = message.SerializeToString(deterministic=True)
    return {"binary": binary.hex(), "json": MessageToDict(message, preserving_proto_field_name=True)}


if __name__ == "__main__":
    main()

"""Sets fields to what strategies drew."""

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message


def put(message: Message, field: FieldDescriptor, value: Any) -> None:
    """Sets a field to what its strategy drew."""
    message.ClearField(field.name)
    place = getattr(message, field.name)
    if isinstance(value, dict):
        for key, one in value.items():
            if isinstance(one, Message):
                place[key].MergeFrom(_as(place[key], one))
            else:
                place[key] = one
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, Message):
                fresh = place.add()
                fresh.MergeFrom(_as(fresh, one))
            else:
                place.append(one)
    elif isinstance(value, Message):
        place.SetInParent()
        place.MergeFrom(_as(place, value))
    else:
        setattr(message, field.name, value)


def _as(target: Message, value: Message) -> Message:
    """The same message in the descriptor pool of another."""
    return value if value.DESCRIPTOR is target.DESCRIPTOR else type(target).FromString(value.SerializeToString())

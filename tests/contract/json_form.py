"""Messages in JSON's shape. What an `Any` holds is read by the contract of the message that holds it."""

from typing import TypeVar

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.message import DecodeError, Message

from tests.contract.outcome import Json
from tests.contract.subject import described

Filled = TypeVar("Filled", bound=Message)


class NoJson(Exception):
    """A message has no form in JSON: an `Any` in it is of a type that the contract does not know, or is broken."""


def to_json(message: Message, *, camel: bool = False) -> Json:
    """A message in JSON's shape, by the names of the proto, or in camel case. Raises `NoJson`."""
    pool = described(message).file.pool
    try:
        return MessageToDict(message, preserving_proto_field_name=not camel, descriptor_pool=pool)
    except (TypeError, DecodeError) as unknown:
        raise NoJson(str(unknown)) from None


def from_json(value: Json, message: Filled) -> Filled:
    """Fills a message with what JSON says, and returns it."""
    return ParseDict(value, message, descriptor_pool=described(message).file.pool)

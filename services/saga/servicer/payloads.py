"""Messages that callers pack: of the type that is expected, and valid by their own rules."""

from collections.abc import Callable

from google.protobuf.any_pb2 import Any
from google.protobuf.message import DecodeError, Message

from services._platform.errors import FieldViolation, InvalidArgument, Refusal
from services._platform.validation import validate

Refuse = Callable[[str, tuple[FieldViolation, ...]], Refusal]


def unpacked(packed: Any, kind: type[Message], field: str, refuse: Refuse) -> Message:
    """The message in `packed`; violations are told below `field`. Refuses one of another type, or an invalid one."""
    expected = kind.DESCRIPTOR.full_name
    if packed.TypeName() != expected:
        said = f"is {packed.TypeName() or 'nothing'}, not {expected}"
        raise refuse(expected, (FieldViolation(field, said),))
    try:
        message = kind.FromString(packed.value)
        validate(message, field)
    except DecodeError:
        raise refuse(expected, (FieldViolation(field, f"is no {expected}"),)) from None
    except InvalidArgument as invalid:
        raise refuse(expected, invalid.violations) from None
    return message

"""Partial updates by field mask (AIP-134, AIP-161)."""

from typing import TypeVar

from google.api import field_behavior_pb2
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message

from services._platform.errors import EtagMismatch, InvalidArgument
from services._platform.validation import validate

Resource = TypeVar("Resource", bound=Message)

_FIXED = {field_behavior_pb2.OUTPUT_ONLY, field_behavior_pb2.IDENTIFIER, field_behavior_pb2.IMMUTABLE}
_NEVER_WRITTEN = {"etag"}


def changed(current: Resource, patch: Resource, mask: FieldMask, field: str) -> Resource:
    """`current` with the fields that the mask names taken from `patch`, checked against the contract's rules.

    An empty mask names every field that is set in the patch, `*` every field that may be written. `field` is the
    request's name for the patch, for the paths of refusals. Refuses a path that does not exist or may not be written,
    and a patch whose etag, if it has one, is not that of `current`.
    """
    etag = getattr(patch, "etag", "")
    if etag and etag != getattr(current, "etag"):  # noqa: B009  both are of the same type
        raise EtagMismatch(getattr(current, "name"))  # noqa: B009
    result = type(current)()
    result.CopyFrom(current)
    for name in _names(patch, mask):
        result.ClearField(name)
        if not _is_default(patch, name):
            _take(result, patch, name)
    validate(result, field)
    return result


def _names(patch: Message, mask: FieldMask) -> list[str]:
    writable = {
        field.name
        for field in patch.DESCRIPTOR.fields
        if field.name not in _NEVER_WRITTEN
        and not _FIXED.intersection(field.GetOptions().Extensions[field_behavior_pb2.field_behavior])
    }
    if not mask.paths:
        return [f.name for f, _ in patch.ListFields() if f.name in writable]
    if list(mask.paths) == ["*"]:
        return sorted(writable)
    for path in mask.paths:
        if path not in patch.DESCRIPTOR.fields_by_name:
            raise InvalidArgument.of("update_mask", f"there is no field {path!r}")
        if path not in writable:
            raise InvalidArgument.of("update_mask", f"{path!r} may not be written")
    return list(mask.paths)


def _is_default(message: Message, name: str) -> bool:
    return all(field.name != name for field, _ in message.ListFields())


def _take(result: Message, patch: Message, name: str) -> None:
    one = type(patch)()
    one.CopyFrom(patch)
    for field, _ in patch.ListFields():
        if field.name != name:
            one.ClearField(field.name)
    result.MergeFrom(one)

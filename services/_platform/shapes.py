"""Shapes: what the rules of the contract look at in a message. What kept all rules once keeps them in the same shape.

A rule looks at the field that it stands on, or at those that it names, and at nothing else. So of most fields a shape
has only that they are set, of a text that may be so long only that it is, and of a field with another rule its value.
Calls of one kind soon have shapes that are known, and are spared the engine, which reads every field there is.
"""

import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, TypeAlias

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from buf.validate import validate_pb2
from services._platform.redaction import sensitive

_MOST = 4096
"""Shapes of one type. Then it begins anew."""
_LONGEST = 200
"""Of a value that is kept."""
_NAMED = re.compile(r"\bthis\b(?:\.(\w+))?")

Bounds: TypeAlias = tuple[int, int]
"""The least and the greatest length."""
Look: TypeAlias = "Bounds | Callable[[Any, bool], object] | None"
"""What is seen of a field's value, which is None when no shape can tell; its bounds; or None when no rule looks."""


class Shapes:
    """The shapes of messages of one type that kept all rules."""

    def __init__(self, descriptor: Descriptor, types: "dict[Descriptor, Shapes]") -> None:
        types[descriptor] = self  # before its fields, which may hold messages of its own type
        self._known: set[tuple[object, ...]] = set()
        named = _named(descriptor)
        self._looks = {field.number: _look(field, bool(named & {field.name, ""}), types) for field in descriptor.fields}

    def known(self, message: Message) -> bool:
        """Whether a message of this shape kept all rules."""
        return self.of(message, False) in self._known

    def learn(self, message: Message) -> None:
        """Takes note of a message that keeps all rules."""
        shape = self.of(message, True)
        if shape is not None:
            if len(self._known) >= _MOST:
                self._known.clear()
            self._known.add(shape)

    def of(self, message: Message, learns: bool) -> tuple[object, ...] | None:
        """The shape of a message; None when it has none. Messages in its lists have their own, and must be known."""
        looks = self._looks
        shape: list[object] = []
        for field, value in message.ListFields():
            number = field.number
            shape.append(number)
            look = looks[number]
            if look is None:
                continue
            if isinstance(look, tuple):
                if not look[0] <= len(value) <= look[1]:
                    return None
            elif (seen := look(value, learns)) is None:
                return None
            else:
                shape.append(seen)
        return tuple(shape)


def shapes(descriptor: Descriptor, types: dict[Descriptor, Shapes]) -> Shapes:
    """The shapes of a type, among those of all types."""
    return types.get(descriptor) or Shapes(descriptor, types)


def _named(descriptor: Descriptor) -> set[str]:
    """The fields that rules of the whole message look at; with an empty name, all."""
    rules = descriptor.GetOptions().Extensions[validate_pb2.message]
    expressions = [*rules.cel_expression, *(one.expression for one in rules.cel)]
    timely = {"" for expression in expressions if "now" in expression}
    return timely.union(*(_NAMED.findall(expression) for expression in expressions))


def _look(field: FieldDescriptor, named: bool, types: dict[Descriptor, Shapes]) -> Look:
    rules, within = field.GetOptions().Extensions[validate_pb2.field], field.message_type
    kinds = {one.name: value for one, value in rules.ListFields() if one.name not in ("required", "ignore")}
    skipped = rules.ignore == validate_pb2.IGNORE_ALWAYS
    ruled = within is not None and not skipped and _ruled(within)
    if not (named or ruled or (kinds and not skipped)):
        return None
    if (named and field.is_repeated) or sensitive(field) or "timestamp" in kinds or "now" in str(kinds):
        return _nothing
    if field.is_repeated:
        bounds = _bounds(kinds, "items")
        if bounds is None or _is_map(field):
            return _nothing
        return _each(bounds, shapes(within, types)) if within is not None and ruled else bounds
    if within is not None:
        return _content if named or kinds else shapes(within, types).of
    return (None if named else _bounds(kinds, "len")) or _value


def _bounds(kinds: dict[str, Any], what: str) -> Bounds | None:
    """How long a value may be, where no rule says more than that."""
    if not kinds:
        return 0, sys.maxsize
    found = {
        one.name: value for rules in kinds.values() if isinstance(rules, Message) for one, value in rules.ListFields()
    }
    least, most = found.pop(f"min_{what}", 0), found.pop(f"max_{what}", sys.maxsize)
    return None if found or len(kinds) > 1 or kinds.keys() & {"cel", "cel_expression"} else (least, most)


def _is_map(field: FieldDescriptor) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def _ruled(descriptor: Descriptor, above: frozenset[str] = frozenset()) -> bool:
    """Whether any rule stands in a message of this type, at any depth."""
    if descriptor.full_name in above:
        return False
    above |= {descriptor.full_name}
    return (
        descriptor.GetOptions().HasExtension(validate_pb2.message)
        or any(one.GetOptions().HasExtension(validate_pb2.oneof) for one in descriptor.oneofs)
        or any(
            field.GetOptions().HasExtension(validate_pb2.field)
            or (field.message_type is not None and _ruled(field.message_type, above))
            for field in descriptor.fields
        )
    )


# ---- Looks ----


def _nothing(_value: object, _learns: bool) -> None:
    return None


def _value(value: Any, _learns: bool) -> object:
    return None if isinstance(value, str | bytes) and len(value) > _LONGEST else value


def _content(value: Message, _learns: bool) -> object:
    content = value.SerializeToString(deterministic=True)
    return content if len(content) <= _LONGEST else None


def _each(bounds: Bounds, of: Shapes) -> Callable[[Any, bool], object]:
    """A look at a list of messages: how long it is, and whether all of them are known."""
    least, most = bounds

    def look(values: Sequence[Message], learns: bool) -> object:
        for value in values:
            if learns:
                of.learn(value)
            elif not of.known(value):
                return None
        return least <= len(values) <= most or None

    return look

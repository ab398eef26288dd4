"""For every rule on every field, a message that breaks it and nothing else: the smallest step over the line."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from tests.contract.generate.bad_values import bad_values
from tests.contract.generate.filling import put
from tests.contract.generate.messages import Messages
from tests.contract.generate.rules import Broken, broken, field_rules, message_rules, unchecked
from tests.contract.subject import copy, described, held, is_map

_DEPTH = 4


@dataclass(frozen=True, slots=True)
class Violation:
    """A message that breaks one rule. `rule` is `pattern`, `gte` or a CEL rule's id; `path` is where the mesh says."""

    path: str
    rule: str
    message: Message


@dataclass(frozen=True)
class Violations:
    """Makes violations of a request type."""

    messages: Messages

    def of(self, base: Message) -> Iterator[Violation | Broken]:
        """A violation for every rule that can be broken alone, made from a valid message; else what was looked for."""
        yield from self._within(base, described(base), (), _DEPTH)

    def _within(
        self, base: Message, descriptor: Descriptor, path: tuple[FieldDescriptor, ...], depth: int
    ) -> Iterator[Violation | Broken]:
        for rule in message_rules(descriptor).cel:
            yield self._over_fields(base, descriptor, path, rule.id)
        for one in descriptor.fields:
            if unchecked(one):
                continue
            for label, values in bad_values(one, field_rules(one), partial(self.messages.simplest, one, descriptor)):
                candidates = (_placed(base, path, one, value, self) for value in values)
                fitting = next((message for message in candidates if _breaks_only(message, label)), None)
                where = ".".join(step.name for step in (*path, one))
                if fitting is None:
                    yield Broken(where, label)
                else:
                    yield Violation(_one_path(fitting), label, fitting)
            if depth and _nests(one):
                yield from self._within(base, held(one), (*path, one), depth - 1)

    def _over_fields(
        self, base: Message, descriptor: Descriptor, path: tuple[FieldDescriptor, ...], rule: str
    ) -> Violation | Broken:
        """Searches for a message that breaks a rule over several fields, and only that."""
        found = self.messages.first(descriptor, lambda one: {broke.rule for broke in broken(one)} == {rule})
        if found is None:
            return Broken(".".join(one.name for one in path), rule)
        message = _inside(base, path, found, self) if path else found
        return Violation(_one_path(message), rule, message) if _one_path(message) else Broken(rule, rule)


def _nests(field: FieldDescriptor) -> bool:
    """Whether a field holds messages with rules of their own."""
    return field.message_type is not None and not is_map(field) and not held(field).full_name.startswith("google.")


def _one_path(message: Message) -> str:
    """The path of the only field that a message breaks rules of, else nothing."""
    paths = {one.path for one in broken(message)}
    return paths.pop() if len(paths) == 1 else ""


def _breaks_only(message: Message, label: str) -> bool:
    rule = label.removeprefix("items.").removeprefix("keys.").removeprefix("values.")
    return bool(_one_path(message)) and any(rule in one.rule for one in broken(message))


def _placed(
    base: Message, path: tuple[FieldDescriptor, ...], field: FieldDescriptor, value: Any, maker: Violations
) -> Message:
    owner = _owner(base, path, maker)
    if value is None:
        owner.ClearField(field.name)
    else:
        put(owner, field, value)
    return _inside(base, path, owner, maker) if path else owner


def _owner(base: Message, path: tuple[FieldDescriptor, ...], maker: Violations) -> Message:
    """A copy of the message at a path below the base, made when there is none."""
    message = copy(base)
    for step in path:
        items = getattr(message, step.name) if step.is_repeated else []
        if len(items):
            message = items[0]
        elif not step.is_repeated and message.HasField(step.name):
            message = getattr(message, step.name)
        else:
            message = maker.messages.simplest(step, described(message))
    return copy(message)


def _inside(base: Message, path: tuple[FieldDescriptor, ...], inner: Message, maker: Violations) -> Message:
    """A copy of the base with a message in place of the one at a path, alone in the lists on the way."""
    *outer, last = path
    owner = _owner(base, tuple(outer), maker)
    put(owner, last, [inner] if last.is_repeated else inner)
    return _inside(base, tuple(outer), owner, maker) if outer else owner

"""Requests that keep every rule of the contract, from descriptors alone."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from google.api import field_behavior_pb2, resource_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.message import Message
from hypothesis import strategies as st

from tests.contract.generate import scalars
from tests.contract.generate.drawing import draw
from tests.contract.generate.filling import put
from tests.contract.generate.rules import broken, field_rules
from tests.contract.subject import behaves, copy, entry, held, is_map, new, resource_type, writable

OPAQUE = frozenset({"page_token", "resume_token", "etag", "request_id"})
"""Fields whose values only the server or the caller's own history gives; the laws about them set them."""

Names = Callable[[str], Sequence[str]]
"""The names of some resources that exist, by their type."""

_DEPTH = 4
_FEW, _MANY = 20, 300
"""How many messages are drawn at first, and how many when none of those is what is looked for."""


@dataclass(frozen=True)
class Messages:
    """Strategies of messages. References point to resources that exist, now and then to one that does not.

    Strategies and what is drawn of them are kept: both take long to make.
    """

    names: Names
    anew: bool = False
    """Whether other messages are drawn each time that the laws run."""
    _made: dict[tuple[str, int], st.SearchStrategy[Message]] = field(default_factory=dict, repr=False)
    _drawn: dict[tuple[str, int], list[Message]] = field(default_factory=dict, repr=False)
    _simplest: dict[str, Any] = field(default_factory=dict, repr=False)

    def valid(self, descriptor: Descriptor) -> st.SearchStrategy[Message]:
        """Messages that break no rule."""
        return self.loose(descriptor).filter(lambda message: not broken(message))

    def loose(self, descriptor: Descriptor, depth: int = _DEPTH) -> st.SearchStrategy[Message]:
        """Messages whose fields each keep their own rules; those over several fields may be broken."""
        made = descriptor.full_name, depth
        if made not in self._made:
            self._made[made] = _Maker(self, descriptor, depth).strategy
        return self._made[made]

    def first(self, descriptor: Descriptor, fits: Callable[[Message], bool]) -> Message | None:
        """A short message that fits; None when none of many does."""
        return self._fitting(descriptor.full_name, self.loose(descriptor), fits, 1)

    def alone(self, descriptor: Descriptor, field: FieldDescriptor, fits: Callable[[Message], bool]) -> Message | None:
        """A message of no more than one field, with much in it, that fits; None when none of many does."""
        return self._fitting(field.full_name, _Maker(self, descriptor, _DEPTH).alone(field), fits, -1)

    def _fitting(
        self, name: str, strategy: st.SearchStrategy[Message], fits: Callable[[Message], bool], step: int
    ) -> Message | None:
        for count in (_FEW, _MANY):
            if (name, count) not in self._drawn:
                drawn = draw(strategy, count, anew=self.anew)
                self._drawn[name, count] = sorted(drawn, key=lambda one: one.ByteSize())
            for message in self._drawn[name, count][::step]:
                if fits(message):
                    return copy(message)
        return None

    def simplest(self, field: FieldDescriptor, owner: Descriptor) -> Any:
        """A value of a field, of one element when it is repeated; None when there is none."""
        if field.full_name not in self._simplest:
            self._simplest[field.full_name] = next(iter(draw(self.element(field, owner), 1, anew=self.anew)), None)
        return self._simplest[field.full_name]

    def element(self, field: FieldDescriptor, owner: Descriptor, depth: int = _DEPTH) -> st.SearchStrategy[Any]:
        """Values of a field, of one element when it is repeated."""
        rules = field_rules(field)
        if field.is_repeated:
            rules = rules.repeated.items
        if named := self.references(field, owner):
            unknown = scalars.scalar(field, rules) if rules.string.pattern else st.nothing()
            return st.one_of(st.sampled_from(named), st.sampled_from(named), st.sampled_from(named), unknown)
        if field.message_type is None:
            return scalars.scalar(field, rules)
        match field.message_type.full_name:
            case "google.protobuf.Timestamp":
                return scalars.timestamp(rules.timestamp)
            case "google.protobuf.Duration":
                return scalars.duration(rules.duration)
            case "google.type.Money":
                return st.one_of(scalars.money(), self.loose(field.message_type, depth - 1))
            case "google.protobuf.FieldMask":
                return _mask(owner)
        return self.loose(field.message_type, depth - 1)

    def references(self, field: FieldDescriptor, owner: Descriptor) -> Sequence[str]:
        """The names of existing resources that a field of `owner` may hold; none when it refers to nothing."""
        reference = field.GetOptions().Extensions[resource_pb2.resource_reference]
        if reference.child_type:
            return [child.rsplit("/", 2)[0] for child in self.names(reference.child_type)]
        if behaves(field, field_behavior_pb2.IDENTIFIER):
            return self.names(resource_type(owner))
        return self.names(reference.type) if reference.type else ()


@dataclass(frozen=True)
class _Maker:
    """Makes messages of one type."""

    messages: Messages
    descriptor: Descriptor
    depth: int

    @cached_property
    def strategy(self) -> st.SearchStrategy[Message]:
        missing = {one.path for one in broken(new(self.descriptor))}
        fields = [field for field in self.descriptor.fields if field.name not in OPAQUE and self._reachable(field)]
        needed = [f for f in fields if f.name in missing or behaves(f, field_behavior_pb2.REQUIRED)]
        chosen = {f.name: self._value(f) for f in needed}
        maybe = {f.name: self._value(f) for f in fields if f.name not in chosen}
        whole = st.fixed_dictionaries(chosen, optional=maybe).map(self._build)

        @st.composite
        def message(draw: st.DrawFn) -> Message:
            """Hides what it is made of: hypothesis tells strategies in full, and nested messages fill books."""
            return draw(whole)

        return message()

    def alone(self, field: FieldDescriptor) -> st.SearchStrategy[Message]:
        """Messages with no more than one field."""
        return self._value(field).map(lambda value: self._build({field.name: value}))

    def _reachable(self, field: FieldDescriptor) -> bool:
        plain = field.message_type is None or field.message_type.full_name.startswith("google.protobuf.")
        return plain or self.depth > 0

    def _value(self, field: FieldDescriptor) -> st.SearchStrategy[Any]:
        rules = field_rules(field)
        if is_map(field):
            key, value = entry(field)
            keys = scalars.scalar(key, rules.map.keys)
            if value.message_type is None:
                values = scalars.scalar(value, rules.map.values)
            else:
                values = self.messages.loose(value.message_type, self.depth - 1)
            most = min(rules.map.max_pairs or 3, rules.map.min_pairs + 3)
            return st.dictionaries(keys, values, min_size=rules.map.min_pairs, max_size=most)
        one = self.messages.element(field, self.descriptor, self.depth)
        if not field.is_repeated:
            return one
        least = max(rules.repeated.min_items, int(behaves(field, field_behavior_pb2.REQUIRED)))
        most = min(rules.repeated.max_items or least + 3, least + 3)
        unique = repr if rules.repeated.unique else None
        return st.lists(one, min_size=least, max_size=most, unique_by=unique)

    def _build(self, values: dict[str, Any]) -> Message:
        message = new(self.descriptor)
        # Of a oneof the last one set stays, as on the wire.
        for name, value in values.items():
            put(message, self.descriptor.fields_by_name[name], value)
        return message


def _mask(owner: Descriptor) -> st.SearchStrategy[Message]:
    updated = next((f for f in owner.fields if f.message_type and resource_type(f.message_type)), None)
    names = [field.name for field in held(updated).fields if writable(field)] if updated else []
    some = st.lists(st.sampled_from(names), unique=True, max_size=3) if names else st.just([])
    return st.one_of(some, st.just(["*"])).map(lambda paths: FieldMask(paths=paths))

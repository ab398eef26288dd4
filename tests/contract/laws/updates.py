"""Updates of a resource by field masks, as the law of masks sends them."""

from collections.abc import Callable, Iterator
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message

from tests.contract.generate.rules import broken, field_rules
from tests.contract.law import Trial
from tests.contract.laws.answers import values, without
from tests.contract.outcome import Outcome
from tests.contract.subject import behaves, copy, fields, held, updated_field, writable


class Updates:
    """Updates of one resource, which exists."""

    def __init__(self, trial: Trial) -> None:
        field = updated_field(trial.rpc)
        assert field is not None
        self.trial, self.field, self.resource = trial, field, held(field)
        [self._request] = trial.seed()
        self.current = trial.call(self._request).answer
        self.noise = self._noise()
        """Another value in every field at once: what an update brings along where its mask does not name it."""

    def _noise(self) -> Message:
        made: Message = self.named(self.current)
        for field in filter(writable, self.resource.fields):
            if (found := self._other(field, made)) is not None:
                made = merged(made, found, field)
        return made

    def _other(self, field: FieldDescriptor, current: Message) -> Message | None:
        now = only(current, field)

        def differs(patch: Message) -> bool:
            return bool(patch.ListFields()) and patch != now and self.takes(patch, field, current)

        return self.first(field, differs)

    def first(self, field: FieldDescriptor, fits: Callable[[Message], bool]) -> Message | None:
        """A patch of one field of the resource that fits."""
        return self.trial.messages.alone(self.resource, field, fits)

    def takes(self, patch: Message, field: FieldDescriptor, current: Message) -> bool:
        """Whether the contract lets one field become what it is in the patch: the rules hold for all of it."""
        # An enum that is not said is for the server to choose.
        if field.enum_type is not None and not field.is_repeated and not getattr(patch, field.name):
            return False
        return _exemplary(patch, field) and not broken(merged(current, patch, field))

    def named(self, values: Message) -> Any:
        """The values, under the name of the resource and without an etag."""
        patch: Any = copy(values)
        patch.name = getattr(self.current, "name")  # noqa: B009  every resource has one
        if "etag" in self.resource.fields_by_name:
            patch.ClearField("etag")
        return patch

    def send(self, patch: Message, paths: list[str]) -> Outcome:
        """Updates to the patch under a mask."""
        return self.trial.call(self.request(patch, paths))

    def request(self, patch: Message, paths: list[str]) -> Message:
        """An update to the patch under a mask."""
        request: Any = copy(self._request)
        request.ClearField("update_mask")
        request.update_mask.paths.extend(paths)
        request.ClearField(self.field.name)
        getattr(request, self.field.name).MergeFrom(patch)
        return request  # type: ignore[no-any-return]

    def writable(self) -> Iterator[FieldDescriptor]:
        """The fields that the server lets an update name."""
        return (field for field in self.resource.fields if writable(field) and self._may_name(field.name))

    def fixed_parts(self, field: FieldDescriptor) -> list[str]:
        """The parts of a field that stay whatever an update says: those that no mask may name, where others may be."""
        parts = held(field).fields if field.message_type and not field.is_repeated else []
        fixed = [part.name for part in parts if not self._may_name(f"{field.name}.{part.name}")]
        return fixed if len(fixed) < len(parts) else []

    def _may_name(self, path: str) -> bool:
        """Whether a mask may name a path; a server that does not let it must say so of the mask."""
        outcome = self.send(self.named(self.current), [path])
        if outcome.ok:
            self.current = outcome.answer
        else:
            assert outcome.fields == {"update_mask"}, f"a mask of {path}: {outcome}"
        return outcome.ok

    def settled(self, message: Message) -> Message:
        """Without what moves with every update, and with the lists of what is unique sorted: they are sets."""
        moved = (
            one for one in self.resource.fields if one.name == "etag" or behaves(one, field_behavior_pb2.OUTPUT_ONLY)
        )
        made = without(message, {one.name for one in moved})
        for one in filter(lambda one: one.is_repeated and field_rules(one).repeated.unique, fields(made)):
            getattr(made, one.name).sort()
        return made


def only(message: Message, field: FieldDescriptor) -> Message:
    """A copy with no more than one of the fields."""
    return without(message, {one.name for one in fields(message)} - {field.name})


def merged(current: Message, patch: Message, field: FieldDescriptor) -> Message:
    """A copy of a resource with one field as it is in a patch of that field."""
    made = without(current, {field.name})
    made.MergeFrom(patch)
    return made


def _exemplary(patch: Message, field: FieldDescriptor) -> bool:
    """Whether a value is one of the contract's own examples, where it gives some: others may mean nothing."""
    rules = field_rules(field)
    examples = [*rules.string.example, *rules.repeated.items.string.example]
    said = values(getattr(patch, field.name)) if examples else []
    return all(one in examples for one in said if one)

"""An update changes what its mask names and nothing else, and no update is lost."""

from collections.abc import Callable, Iterator
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.rpc import code_pb2

from clients.contract import Method
from tests.contract.generate.rules import broken, field_rules
from tests.contract.law import Law, Trial
from tests.contract.laws.answers import values, without
from tests.contract.outcome import Outcome
from tests.contract.subject import behaves, copy, fields, held, updated_field, writable

_RACERS = 2
_TRIES = 8


def spared(rpc: Method) -> str:
    """Only updates have masks."""
    return "" if updated_field(rpc) else "no update mask beside a resource"


def judge(trial: Trial) -> None:
    """Updates field by field, then with masks and etags that are not right."""
    update = _Update(trial)
    for field in update.writable():
        _changes_only(update, field)
    _refuses_paths(update)
    if "etag" in update.resource.fields_by_name:
        _keeps_etags(update)
    else:
        trial.evidence.cannot_know("whether an update can be lost: the resource has no etag")


class _Update:
    """Updates of one resource, which exists."""

    def __init__(self, trial: Trial) -> None:
        field = updated_field(trial.rpc)
        assert field is not None
        self.trial, self.field, self.resource = trial, field, held(field)
        [self._request] = trial.seed()
        self.current = trial.call(self._request).answer
        self.noise = self._noise()
        """Another value in every field at once: what an update brings along where its mask does not name it."""

    def writable(self) -> Iterator[FieldDescriptor]:
        """The fields that the server lets an update name; one that it does not must say so of the mask."""
        for field in self.resource.fields:
            if not writable(field):
                continue
            outcome = self.send(self.named(self.current), [field.name])
            if outcome.ok:
                self.current = outcome.answer
                yield field
            else:
                assert outcome.fields == {"update_mask"}, f"a mask of {field.name}: {outcome}"

    def _noise(self) -> Message:
        made: Message = self.named(self.current)
        for field in filter(writable, self.resource.fields):
            if (found := self._other(field, made)) is not None:
                made = _merged(made, found, field.name)
        return made

    def _other(self, field: FieldDescriptor, current: Message) -> Message | None:
        now = without(current, {f.name for f in self.resource.fields} - {field.name})

        def differs(patch: Message) -> bool:
            return bool(patch.ListFields()) and patch != now and self.takes(field, patch, current)

        return self.first(field, differs)

    def first(self, field: FieldDescriptor, fits: Callable[[Message], bool]) -> Message | None:
        """A value of one field of the resource that fits."""
        return self.trial.messages.alone(self.resource, field, fits)

    def takes(self, field: FieldDescriptor, patch: Message, current: Message) -> bool:
        """Whether the contract lets one field become what it is in the patch: the rules hold for all of it."""
        # An enum that is not said is for the server to choose.
        if field.enum_type is not None and not field.is_repeated and not getattr(patch, field.name):
            return False
        return _exemplary(patch, field) and not broken(_merged(current, patch, field.name))

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

    def moved(self) -> set[str]:
        """The fields that move with every update."""
        fields = self.resource.fields
        return {f.name for f in fields if f.name == "etag" or behaves(f, field_behavior_pb2.OUTPUT_ONLY)}


def _changes_only(update: _Update, field: FieldDescriptor) -> None:
    others = {f.name for f in update.resource.fields} - {field.name}
    noise = without(update.noise, others)
    tried = [without(update.current, others)]
    fixed = _fixed_parts(update, field)

    def fits(patch: Message) -> bool:
        # The rules over several fields hold for a request with all that its mask does not name, too.
        told = _merged(update.noise, patch, field.name)
        return patch not in tried and update.takes(field, patch, update.current) and not broken(told)

    while True:
        # A value that the noise lacks, if there is one, so that the noise stays another than what is current.
        patch = update.first(field, lambda one: fits(one) and one != noise) or update.first(field, fits)
        if patch is None:
            update.trial.evidence.cannot_know(f"what a mask of {field.name} does: there is no other value")
            return
        tried.append(patch)
        outcome = update.send(update.named(_merged(update.noise, patch, field.name)), [field.name])
        if not _of_this_value(outcome, update.trial.rpc):
            break
        if len(tried) > _TRIES:
            update.trial.evidence.cannot_know(f"what a mask of {field.name} does: no value is taken, {outcome}")
            return
    assert outcome.ok, f"an update of {field.name} alone: {outcome}"
    wanted = _merged(update.current, patch, field.name)
    for part in fixed:
        _keep(part, getattr(update.current, field.name), getattr(wanted, field.name))
    assert _settled(update, outcome.answer) == _settled(update, wanted), (
        f"a mask of {field.name} makes {update.current} to {outcome.answer}, and not to {wanted}"
    )
    update.current = outcome.answer
    update.trial.evidence.saw(f"only {field.name} changed")


def _fixed_parts(update: _Update, field: FieldDescriptor) -> list[str]:
    """The parts of a field that stay whatever an update says: those that no mask may name, where one may name parts."""
    parts = held(field).fields if field.message_type and not field.is_repeated else []
    fixed = []
    for part in parts:
        outcome = update.send(update.named(update.current), [f"{field.name}.{part.name}"])
        if outcome.ok:
            update.current = outcome.answer
        else:
            assert outcome.fields == {"update_mask"}, f"a mask of {field.name}.{part.name}: {outcome}"
            fixed.append(part.name)
    return fixed if len(fixed) < len(parts) else []


def _keep(part: str, current: Message, wanted: Message) -> None:
    kept = without(current, {one.name for one in fields(current)} - {part})
    wanted.ClearField(part)
    wanted.MergeFrom(kept)


def _settled(update: _Update, message: Message) -> Message:
    """Without what moves with every update, and with the lists of what is unique sorted: they are sets."""
    made = without(message, update.moved())
    for one in filter(lambda one: one.is_repeated and field_rules(one).repeated.unique, fields(made)):
        getattr(made, one.name).sort()
    return made


def _of_this_value(outcome: Outcome, rpc: Method) -> bool:
    """Whether another value may be taken: somebody else has this one, or it means nothing, as the contract says."""
    documented = outcome.code == code_pb2.INVALID_ARGUMENT and outcome.reason in rpc.errors
    return documented or outcome.code == code_pb2.ALREADY_EXISTS


def _refuses_paths(update: _Update) -> None:
    fixed = [field.name for field in update.resource.fields if not writable(field)]
    for path in ["no_such_field", *fixed]:
        outcome = update.send(update.named(update.current), [path])
        refused = outcome.code == code_pb2.INVALID_ARGUMENT and outcome.fields == {"update_mask"}
        assert refused, f"a mask of {path}: {outcome}"
        update.trial.evidence.saw("path refused")


def _keeps_etags(update: _Update) -> None:
    def patched(etag: str) -> Message:
        patch = update.named(update.current)
        patch.etag = etag
        return update.request(patch, ["*"])

    fresh: str = getattr(update.current, "etag")  # noqa: B009
    racing = [update.trial.start(patched(fresh)) for _ in range(_RACERS)]
    outcomes = [one.result() for one in racing]
    won = [outcome for outcome in outcomes if outcome.ok]
    assert len(won) == 1, f"of {_RACERS} updates from one etag, {len(won)} were made: {[*map(str, outcomes)]}"
    update.trial.evidence.saw("lost update refused")
    for etag in (fresh, "forged"):
        outcome = update.trial.call(patched(etag))
        assert (outcome.code, outcome.reason) == (code_pb2.ABORTED, "ETAG_MISMATCH"), f"a stale etag: {outcome}"
        update.trial.evidence.saw("stale etag refused")


def _exemplary(patch: Message, field: FieldDescriptor) -> bool:
    """Whether a value is one of the contract's own examples, where it gives some: others may mean nothing."""
    rules = field_rules(field)
    examples = [*rules.string.example, *rules.repeated.items.string.example]
    said = values(getattr(patch, field.name)) if examples else []
    return all(one in examples for one in said if one)


def _merged(current: Message, patch: Message, name: str) -> Message:
    """The current resource with the one field of the patch."""
    made = without(current, {name})
    made.MergeFrom(patch)
    return made


LAW = Law("masks and etags", "changes what its mask names and nothing else, and is never lost", spared, judge)

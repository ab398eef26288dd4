"""An update changes what its mask names and nothing else, and no update is lost."""

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from google.rpc import code_pb2

from clients.contract import Method
from tests.contract.generate.rules import broken
from tests.contract.law import Law, Trial
from tests.contract.laws.updates import Updates, merged, only
from tests.contract.outcome import Outcome
from tests.contract.subject import held, updated_field, writable

_RACERS = 2
_TRIES = 8


def spared(rpc: Method) -> str:
    """Only updates have masks."""
    return "" if updated_field(rpc) else "no update mask beside a resource"


def judge(trial: Trial) -> None:
    """Updates field by field, then with masks and etags that are not right."""
    updates = Updates(trial)
    for field in updates.writable():
        _changes_only(updates, field)
    _refuses_paths(updates)
    if "etag" in updates.resource.fields_by_name:
        _keeps_etags(updates)
    else:
        trial.evidence.cannot_know("whether an update can be lost: the resource has no etag")


def _changes_only(updates: Updates, field: FieldDescriptor) -> None:
    noise = only(updates.noise, field)
    fixed = updates.fixed_parts(field)
    tried = [only(updates.current, field)]

    def fits(patch: Message) -> bool:
        # The rules over several fields hold for a request with all that its mask does not name, too.
        told = merged(updates.noise, patch, field)
        return patch not in tried and updates.takes(patch, field, updates.current) and not broken(told)

    while True:
        # A value that the noise lacks, if there is one, so that the noise stays another than what is current.
        patch = updates.first(field, lambda one: fits(one) and one != noise) or updates.first(field, fits)
        if patch is None:
            updates.trial.evidence.cannot_know(f"what a mask of {field.name} does: there is no other value")
            return
        tried.append(patch)
        outcome = updates.send(updates.named(merged(updates.noise, patch, field)), [field.name])
        if not _of_this_value(outcome, updates.trial.rpc):
            break
        if len(tried) > _TRIES:
            updates.trial.evidence.cannot_know(f"what a mask of {field.name} does: no value is taken, {outcome}")
            return
    assert outcome.ok, f"an update of {field.name} alone: {outcome}"
    wanted = merged(updates.current, patch, field)
    for part in fixed:
        _keep(held(field).fields_by_name[part], getattr(updates.current, field.name), getattr(wanted, field.name))
    assert updates.settled(outcome.answer) == updates.settled(wanted), (
        f"a mask of {field.name} makes {updates.current} to {outcome.answer}, and not to {wanted}"
    )
    updates.current = outcome.answer
    updates.trial.evidence.saw(f"only {field.name} changed")


def _keep(part: FieldDescriptor, current: Message, wanted: Message) -> None:
    wanted.ClearField(part.name)
    wanted.MergeFrom(only(current, part))


def _of_this_value(outcome: Outcome, rpc: Method) -> bool:
    """Whether another value may be taken: somebody else has this one, or it means nothing, as the contract says."""
    documented = outcome.code == code_pb2.INVALID_ARGUMENT and outcome.reason in rpc.errors
    return documented or outcome.code == code_pb2.ALREADY_EXISTS


def _refuses_paths(updates: Updates) -> None:
    fixed = [field.name for field in updates.resource.fields if not writable(field)]
    for path in ["no_such_field", *fixed]:
        outcome = updates.send(updates.named(updates.current), [path])
        refused = outcome.code == code_pb2.INVALID_ARGUMENT and outcome.fields == {"update_mask"}
        assert refused, f"a mask of {path}: {outcome}"
        updates.trial.evidence.saw("path refused")


def _keeps_etags(updates: Updates) -> None:
    def patched(etag: str) -> Message:
        patch = updates.named(updates.current)
        patch.etag = etag
        return updates.request(patch, ["*"])

    fresh: str = getattr(updates.current, "etag")  # noqa: B009
    racing = [updates.trial.start(patched(fresh)) for _ in range(_RACERS)]
    outcomes = [one.result() for one in racing]
    won = [outcome for outcome in outcomes if outcome.ok]
    assert len(won) == 1, f"of {_RACERS} updates from one etag, {len(won)} were made: {[*map(str, outcomes)]}"
    updates.trial.evidence.saw("lost update refused")
    for etag in (fresh, "forged"):
        outcome = updates.trial.call(patched(etag))
        assert (outcome.code, outcome.reason) == (code_pb2.ABORTED, "ETAG_MISMATCH"), f"a stale etag: {outcome}"
        updates.trial.evidence.saw("stale etag refused")


LAW = Law("masks and etags", "changes what its mask names and nothing else, and is never lost", spared, judge)

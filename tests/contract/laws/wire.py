"""Bytes that were written under an older contract say today what they said then."""

from collections.abc import Iterator

from google.protobuf.descriptor import Descriptor
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.unknown_fields import UnknownFieldSet

from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.subject import new


def judge(trial: Trial) -> None:
    """Reads the golden binary of every message that the RPC sends or answers with."""
    kept = trial.mesh.golden
    method = trial.rpc.descriptor
    for descriptor in {
        one.full_name: one for top in (method.input_type, method.output_type) for one in _within(top)
    }.values():
        name = descriptor.full_name
        assert name in kept, f"{name} has no golden binary: run `make golden`"
        message = new(descriptor)
        message.ParseFromString(bytes.fromhex(kept[name]["binary"]))
        assert not len(UnknownFieldSet(message)), f"{name} does not know fields that it had"
        said = MessageToDict(message, preserving_proto_field_name=True)
        assert said == kept[name]["json"], f"{name} says {said}, and once said {kept[name]['json']}"
        assert ParseDict(kept[name]["json"], new(descriptor)) == message, f"{name} reads its old JSON differently"
        trial.evidence.saw("messages read")


def _within(descriptor: Descriptor, seen: frozenset[str] = frozenset()) -> Iterator[Descriptor]:
    if not descriptor.file.package.startswith("mesh.") or descriptor.full_name in seen:
        return
    if not descriptor.GetOptions().map_entry:
        yield descriptor
    for field in descriptor.fields:
        if field.message_type is not None:
            yield from _within(field.message_type, seen | {descriptor.full_name})


LAW = Law("wire", "reads what was written under an older contract", all_rpcs, judge)

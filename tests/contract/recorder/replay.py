"""Replays a tape against another build and says what it answers differently.

Names, etags and tokens are made by the server, so those of the replay stand for those on the tape: in answers, and in
the requests that follow. Instants are not compared.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from google.api import field_behavior_pb2
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from google.protobuf.message import Message

from clients.contract import Method
from tests.contract.json_form import from_json
from tests.contract.outcome import Face, Metadata, Outcome
from tests.contract.recorder.tape import Recorded
from tests.contract.subject import Subject, behaves, fields, new, sensitive

StandIn = Callable[[FieldDescriptor, Descriptor], Any]
"""A value in place of one that was not recorded."""

_STEP = re.compile(r'(\w+)(?:\[(?:(\d+)|"([^"]*)")\])?')


@dataclass
class Replay:
    """A replay of one tape, call by call."""

    subject: Subject
    face: Face
    stand_in: StandIn
    metadata: Metadata = ()
    _now: dict[str, str] = field(default_factory=dict)

    def differences(self, tape: Iterable[Recorded]) -> Iterator[str]:
        """What the build answers differently, a line each. Streams that tell of what happens meanwhile are left out."""
        for place, call in enumerate(tape, 1):
            rpc = self.subject.rpcs.get(call.rpc)
            if rpc is None:
                yield f"{place} {call.rpc}: there is no such RPC any more"
            elif not rpc.descriptor.server_streaming:
                outcome = self.face.call(rpc, *self._requests(rpc, call), metadata=self.metadata)
                yield from (f"{place} {call.rpc}: {line}" for line in self._compare(call.outcome(rpc), outcome))

    def _requests(self, rpc: Method, call: Recorded) -> list[Message]:
        requests = [from_json(self._renamed(one), new(rpc.descriptor.input_type)) for one in call.requests]
        for request in requests:
            for path in call.redacted:
                self._fill(request, path)
        return requests

    def _renamed(self, value: Any) -> Any:
        """A part of a request with the names of the replay; a name may stand in a longer text, such as a filter."""
        if isinstance(value, dict):
            return {key: self._renamed(one) for key, one in value.items()}
        if isinstance(value, list):
            return [self._renamed(one) for one in value]
        if not isinstance(value, str) or value in self._now:
            return self._now.get(value, value)
        for then, now in self._now.items():
            if "/" in then:
                value = value.replace(then, now)
        return value

    def _fill(self, message: Any, path: str) -> None:
        *outer, last = _STEP.findall(path)
        for name, index, key in outer:
            message = getattr(message, name)
            if index or key:
                message = message[int(index) if index else key]
        missing = message.DESCRIPTOR.fields_by_name[last[0]]
        setattr(message, missing.name, self.stand_in(missing, message.DESCRIPTOR))

    def _compare(self, then: Outcome, now: Outcome) -> Iterator[str]:
        if (then.status, then.reason, then.fields) != (now.status, now.reason, now.fields):
            yield f"{now}, not {then}"
        elif len(then.answers) != len(now.answers):
            yield f"{len(now.answers)} answers, not {len(then.answers)}"
        else:
            for one, other in zip(then.answers, now.answers, strict=True):
                yield from self._within(one, other, "")

    def _within(self, then: Message, now: Message, prefix: str) -> Iterator[str]:
        for one in fields(then):
            if sensitive(one):
                continue
            before, after = (_values(message, one) for message in (then, now))
            path = f"{prefix}{one.name}"
            if before.keys() != after.keys():
                yield f"{path} has {len(after)} values, not {len(before)}"
                continue
            for key, value in before.items():
                yield from self._value(one, value, after[key], f"{path}{key}")

    def _value(self, one: FieldDescriptor, then: Any, now: Any, path: str) -> Iterator[str]:
        if isinstance(then, Message):
            if then.DESCRIPTOR.full_name != "google.protobuf.Timestamp":
                yield from self._within(then, now, f"{path}.")
            return
        if one.type == FieldDescriptor.TYPE_STRING and _made_by_server(one):
            now_known = self._now.setdefault(then, now) if then else ""
        else:
            now_known = self._now.get(then, then) if isinstance(then, str) else then
        if now != now_known:
            yield f"{path} is {now!r}, not {now_known!r}"


def _values(message: Message, field: FieldDescriptor) -> dict[str, Any]:
    """The single values of a field by what stands after its name: nothing, an index or a key."""
    value = getattr(message, field.name)
    if not field.is_repeated:
        return {"": value} if not field.has_presence or message.HasField(field.name) else {}
    if hasattr(value, "items"):
        return {f"[{key!r}]": one for key, one in value.items()}
    return {f"[{place}]": one for place, one in enumerate(value)}


def _made_by_server(field: FieldDescriptor) -> bool:
    opaque = field.name in ("etag", "id") or field.name.endswith("_token")
    return opaque or behaves(field, field_behavior_pb2.IDENTIFIER)

"""The tape: one call a line, as JSON, without the values of sensitive fields."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from google.protobuf.message import DecodeError, Message

from clients.contract import Method
from tests.contract.json_form import from_json, to_json
from tests.contract.outcome import Json, Outcome
from tests.contract.subject import copy, described, entry, is_map, name, new, sensitive

_ANY = "google.protobuf.Any"


@dataclass(frozen=True, slots=True)
class Recorded:
    """One call. `redacted` are the paths of values that were left out of its requests."""

    rpc: str
    requests: list[Json]
    redacted: list[str]
    answers: list[Json]
    code: int
    message: str
    details: list[Json]

    def outcome(self, rpc: Method) -> Outcome:
        """What the call came to."""
        answers = tuple(from_json(answer, new(rpc.descriptor.output_type)) for answer in self.answers)
        return Outcome(answers, self.code, self.message, tuple(self.details))


def recorded(rpc: Method, requests: Sequence[Message], outcome: Outcome) -> Recorded:
    """A call as it goes on tape."""
    redacted: list[str] = []
    sent = [redact(request, redacted) for request in requests]
    answers = [redact(answer, []) for answer in outcome.answers]
    return Recorded(
        name(rpc),
        [to_json(message) for message in sent],
        redacted,
        [to_json(message) for message in answers],
        outcome.code,
        outcome.message,
        list(outcome.details),
    )


def redact(message: Message, paths: list[str]) -> Message:
    """A copy without the values of sensitive fields; their paths are added to `paths`."""
    made = copy(message)
    paths += _clear(made, "")
    return made


def write(calls: Iterable[Recorded], file: Path) -> None:
    """Puts calls on a tape that only its owner may read."""
    file.touch(mode=0o600)
    with file.open("a") as tape:
        tape.writelines(json.dumps(asdict(call), ensure_ascii=False) + "\n" for call in calls)


def read(file: Path) -> Iterator[Recorded]:
    """The calls on a tape."""
    with file.open() as tape:
        yield from (Recorded(**json.loads(line)) for line in tape)


def _clear(message: Message, prefix: str) -> Iterator[str]:
    for field, value in message.ListFields():
        path = f"{prefix}{field.name}"
        if sensitive(field):
            message.ClearField(field.name)
            yield path
        elif field.message_type is None:
            continue
        elif field.message_type.full_name == _ANY and not field.is_repeated:
            if _may_tell(value):
                value.Clear()
                yield path
        elif not field.is_repeated:
            yield from _clear(value, f"{path}.")
        elif not is_map(field):
            for place, one in enumerate(value):
                yield from _clear(one, f"{path}[{place}].")
        elif entry(field)[1].message_type is not None:
            for key in value:
                yield from _clear(value[key], f'{path}["{key}"].')


def _may_tell(packed: Any) -> bool:
    """Whether something sensitive is in a message of any type, or it cannot be read."""
    try:
        held = new(described(packed).file.pool.FindMessageTypeByName(packed.TypeName()))
        held.ParseFromString(packed.value)
    except (KeyError, DecodeError):
        return True
    return any(_clear(held, ""))

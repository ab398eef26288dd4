"""A call that comes too late does nothing; streams that are left give back what they hold, and can be taken up."""

from typing import Any

from google.protobuf.message import Message
from google.rpc import code_pb2

from tests.contract.faces.web_face import frame
from tests.contract.http2 import exchange
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.outcome import Outcome
from tests.contract.subject import copy

_LATE = (("grpc-timeout", "1n"),)
_RESUMED = 3


def judge(trial: Trial) -> None:
    """Calls too late, and leaves and takes up streams."""
    _too_late(trial)
    if trial.rpc.descriptor.server_streaming:
        _left(trial)
        _resumed(trial)


def _too_late(trial: Trial) -> None:
    """The deadline has passed when the server reads of it: raw, for a gRPC library would not even call."""
    requests = trial.seed()
    body = b"".join(frame(request.SerializeToString()) for request in requests)
    headers, target = (*trial.caller, *_LATE), trial.mesh.servers.target(trial.rpc)
    ended = []
    changed = trial.writes(lambda: ended.append(exchange(target, trial.rpc.path, body, headers)))
    for one in ended:
        outcome = one.grpc
        # A server may also say so by cutting the stream: its caller has long stopped listening.
        assert one.reset is not None or (outcome and outcome.code == code_pb2.DEADLINE_EXCEEDED), f"too late: {one}"
    assert not changed, f"a call that came too late writes {changed}"
    trial.evidence.saw("too late")


def _left(trial: Trial) -> None:
    """Streams that are left count no more: more of them than the server works on at a time."""
    most = trial.mesh.max_in_flight
    if most is None or most > 100:
        trial.evidence.cannot_know("whether streams that are left give back what they hold: the limit is not known")
        return
    for _ in range(most + 5):
        [request] = trial.seed()
        assert trial.call(request).ok, "a stream is refused after others were left"
    trial.evidence.saw("streams left", most + 5)


def _resumed(trial: Trial) -> None:
    answer = trial.rpc.descriptor.output_type.fields_by_name
    [request] = trial.seed()
    if "resume_token" not in answer or "resume_token" not in request.DESCRIPTOR.fields_by_name:
        trial.evidence.cannot_know("where a stream goes on: it has no resume token")
        return
    seen = _told(trial, request, _RESUMED)
    again = _told(trial, _from(request, seen[0].resume_token), _RESUMED - 1)
    assert again == seen[1:], f"resumed after {seen[0]}, the stream says {again} and not {seen[1:]}"
    outcome = trial.start(_from(request, "forged"), take=1).result(timeout=10)
    refused = outcome.code == code_pb2.INVALID_ARGUMENT and "resume_token" in outcome.fields
    assert refused, f"a forged resume token: {outcome}"
    trial.evidence.saw("resumed")


def _told(trial: Trial, request: Message, count: int) -> list[Any]:
    """The first answers of a stream that tell of something; a heartbeat says only where to resume."""
    take = count + 1
    while True:
        outcome: Outcome = trial.prompted(trial.start(request, take=take), request)
        assert outcome.ok, f"the stream is refused: {outcome}"
        told = [one for one in outcome.answers if {field.name for field, _ in one.ListFields()} != {"resume_token"}]
        if len(told) >= count:
            return told[:count]
        take += 1


def _from(request: Message, token: str) -> Message:
    resumed: Any = copy(request)
    resumed.resume_token = token
    return resumed  # type: ignore[no-any-return]


LAW = Law(
    "deadlines", "does nothing when it comes too late, and gives back what it holds when it is left", all_rpcs, judge
)

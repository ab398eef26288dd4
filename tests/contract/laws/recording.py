"""What goes through the recorder is what was said; what is sensitive does not stay; a replay differs in nothing."""

import grpc
from google.protobuf.message import Message

from tests.contract.faces import GrpcFace
from tests.contract.law import Law, Trial, all_rpcs, fresh_id
from tests.contract.laws.answers import values
from tests.contract.recorder.proxy import proxy
from tests.contract.recorder.replay import Replay
from tests.contract.recorder.tape import Recorded
from tests.contract.subject import sensitive

_SHORTEST_SECRET = 4


def judge(trial: Trial) -> None:
    """Records a call of the RPC and replays it against the same build."""
    tape: list[Recorded] = []
    requests = trial.seed(fresh_id())
    with (
        proxy(trial.mesh.subject, trial.mesh.servers.target(trial.rpc), "127.0.0.1:0", tape.append) as port,
        grpc.insecure_channel(f"127.0.0.1:{port}") as channel,
    ):
        outcome = trial.call(*requests, face=GrpcFace(channel))
    assert outcome.ok, f"the recorder's caller is refused: {outcome}"
    [call] = tape
    assert len(call.requests) == len(requests)
    for secret in (secret for request in requests for secret in _secrets(request)):
        assert secret not in str(call), "a sensitive value is on the tape"
        trial.evidence.saw("sensitive values left out")
    if trial.rpc.descriptor.server_streaming:
        trial.evidence.cannot_know("whether a replay differs: a stream tells of what happens meanwhile")
        return
    if call.redacted:
        trial.evidence.cannot_know("whether a replay differs: what is sensitive is not on the tape")
        return
    replay = Replay(trial.mesh.subject, trial.mesh.direct, trial.messages.simplest, trial.caller)
    assert not (found := list(replay.differences(tape))), f"a replay against the same build differs: {found}"
    trial.evidence.saw("replayed")


def _secrets(message: Message) -> list[str]:
    found: list[str] = []
    for field, value in message.ListFields():
        for one in values(value):
            if sensitive(field) and isinstance(one, str) and len(one) >= _SHORTEST_SECRET:
                found.append(one)
            elif isinstance(one, Message):
                found += _secrets(one)
    return found


LAW = Law("recording", "is recorded as it was said, without what is sensitive, and replays the same", all_rpcs, judge)

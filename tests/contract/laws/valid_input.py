"""Input that keeps every rule is never met with a defect, nor with a reason that the contract does not name."""

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message
from google.rpc import code_pb2
from hypothesis import given
from hypothesis import strategies as st

from clients.contract import Method
from tests.contract.law import Law, Trial, all_rpcs, fresh_id, with_id
from tests.contract.laws.answers import assert_keeps_rules
from tests.contract.outcome import Outcome
from tests.contract.subject import SHARED_REASONS, updated_field

_DEFECTS = {code_pb2.UNKNOWN, code_pb2.INTERNAL, code_pb2.UNIMPLEMENTED, code_pb2.DATA_LOSS}


def judge(trial: Trial) -> None:
    """Hypothesis looks for a request that keeps the rules and is answered against them."""
    requests = trial.messages.valid(trial.rpc.descriptor.input_type)
    streamed = st.lists(requests, max_size=4) if trial.rpc.descriptor.client_streaming else st.tuples(requests)

    @trial.examples(default=20, deep=500)
    @given(streamed)
    def answered_well(drawn: list[Message]) -> None:
        sent = [with_id(request, fresh_id()) for request in drawn]
        outcome = _called(trial, sent)
        _judge_outcome(trial, outcome)
        trial.evidence.saw("OK" if outcome.ok else f"{outcome.status} {outcome.reason}")

    answered_well()
    outcome = trial.call(*trial.seed())
    assert outcome.ok, f"the seed is refused: {outcome}"
    _judge_outcome(trial, outcome)


def _called(trial: Trial, sent: list[Message]) -> Outcome:
    if trial.rpc.descriptor.server_streaming:
        # It need not answer before something happens: that it is not refused is heard at once.
        return trial.mesh.direct.call(trial.rpc, *sent, metadata=trial.caller, timeout=0.1, take=1)
    return trial.call(*sent)


def _is_instant(rpc: Method, path: str) -> bool:
    """Whether a path leads to a timestamp."""
    message: Descriptor | None = rpc.descriptor.input_type
    for step in path.split("."):
        field = message.fields_by_name.get(step) if message else None
        message = field.message_type if field else None
    return message is not None and message.full_name == "google.protobuf.Timestamp"


def _judge_outcome(trial: Trial, outcome: Outcome) -> None:
    for answer in outcome.answers:
        assert_keeps_rules(answer)
    if outcome.ok or (trial.rpc.descriptor.server_streaming and outcome.code == code_pb2.DEADLINE_EXCEEDED):
        return
    assert outcome.code not in _DEFECTS, f"a defect: {outcome}"
    allowed = SHARED_REASONS | set(trial.rpc.errors)
    assert outcome.reason in allowed, f"the contract does not name the reason: {outcome}"
    assert outcome.domain == "mesh", f"the domain of the error is {outcome.domain!r}"
    if outcome.reason == "FIELD_INVALID" and all(_is_instant(trial.rpc, path) for path in outcome.fields):
        trial.evidence.cannot_know("which instants are refused: the server's clock decides")
    elif outcome.reason == "FIELD_INVALID":
        # An update is judged on the resource that it comes to, which the rules of the request cannot see.
        updated = updated_field(trial.rpc)
        assert updated is not None, f"the contract's rules allow what the server refuses: {outcome}"
        assert all(field.startswith((updated.name, "update_mask")) for field in outcome.fields), str(outcome)


LAW = Law("valid input", "answers all that keeps the rules without a defect, as documented", all_rpcs, judge)

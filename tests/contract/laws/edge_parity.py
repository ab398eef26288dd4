"""gRPC, gRPC-Web and JSON give the same answer and the same refusal, for whatever a request can hold."""

from collections.abc import Sequence

from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from clients.contract import Access, Method
from tests.contract.faces import NotExpressible
from tests.contract.law import Law, Trial, fresh_id, with_id
from tests.contract.laws.answers import volatile, without
from tests.contract.laws.faces import NO_EDGE, edge_faces
from tests.contract.outcome import Outcome
from tests.contract.subject import remembers


def spared(rpc: Method) -> str:
    """What is not shown outside has one face."""
    return "not shown at the edge" if rpc.access is Access.SERVICE else ""


def judge(trial: Trial) -> None:
    """Sends the same request through every face.

    A write carries a request id: another face that understood the request in any other way would be refused, for
    another body under the same id, so that equal answers prove that every value of the request arrived unchanged.
    """
    if trial.mesh.edge is None:
        trial.evidence.cannot_know(NO_EDGE)
        return
    _compare(trial, *trial.seed(fresh_id()), must_succeed=True)
    requests = trial.messages.loose(trial.rpc.descriptor.input_type)
    several = st.lists(requests, min_size=1, max_size=3)
    streamed = several if trial.rpc.descriptor.client_streaming else st.tuples(requests)

    @trial.examples(default=6, deep=150)
    @given(streamed)
    def same_everywhere(drawn: list[Message]) -> None:
        request_id = fresh_id()
        _compare(trial, *(with_id(request, request_id, place) for place, request in enumerate(drawn)))

    if trial.rpc.descriptor.server_streaming:
        trial.evidence.cannot_know("answers to any request at every face: a stream tells of what happens meanwhile")
    elif trial.rpc.safe or remembers(trial.rpc):
        same_everywhere()
    else:
        trial.evidence.cannot_know("answers to the same write at every face: it has no request id")


def _compare(trial: Trial, *requests: Message, must_succeed: bool = False) -> None:
    direct = trial.call(*requests)
    assert direct.ok or not must_succeed, f"the seed is refused: {direct}"
    for face_name, face in edge_faces(trial):
        try:
            through = trial.call(*requests, face=face)
        except NotExpressible as gap:
            trial.evidence.cannot_know(f"{face_name}: {gap}")
            continue
        if direct.later or through.later:
            trial.evidence.cannot_know("answers at every face to what is asked too often: that tells of the moment")
            return
        _assert_same(trial, requests, direct, through, face_name)
        trial.evidence.saw(f"{face_name}: {'OK' if direct.ok else direct.reason}")


def _assert_same(trial: Trial, requests: Sequence[Message], direct: Outcome, through: Outcome, face: str) -> None:
    assert through.code == direct.code, f"{face} says {through}, gRPC says {direct}"
    assert (through.message, through.details) == (direct.message, direct.details), (
        f"{face} says {through.message!r} {through.details}, gRPC says {direct.message!r} {direct.details}"
    )
    if through.ok and through.answer != direct.answer:
        moment = volatile(direct.answer, trial.call(*requests).answer)
        assert without(through.answer, moment) == without(direct.answer, moment), f"{face} says {through}, not {direct}"


LAW = Law("edge parity", "answers and refuses the same through gRPC, gRPC-Web and JSON", spared, judge)

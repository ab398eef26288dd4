"""Each rule on each field, broken alone by the smallest step, is refused by the field's name, and writes nothing.

So is a JSON field that the contract does not have.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.message import Message
from google.rpc import code_pb2, status_pb2

from tests.contract.faces.json_face import http_request
from tests.contract.generate.rules import broken
from tests.contract.generate.violations import Violation, Violations
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.laws.faces import json_faces
from tests.contract.outcome import Outcome

_UNKNOWN = "noSuchField"


def judge(trial: Trial) -> None:
    """Breaks the rules one by one."""
    maker = Violations(trial.messages)
    base = trial.messages.first(trial.rpc.descriptor.input_type, lambda message: not broken(message))
    assert base is not None, "no request keeps every rule"
    cases: list[Violation] = []
    for made in maker.of(base):
        if isinstance(made, Violation):
            cases.append(made)
        else:
            trial.evidence.cannot_know(f"that {made.path or 'the request'} is checked by {made.rule}: not broken alone")
    if not cases:
        trial.evidence.cannot_know("what is refused: no rule can be broken")
    unknown = list(_unknown_fields(trial))

    def refuse_all() -> None:
        for case in cases:
            _assert_refused(trial, case)
        for body in unknown:
            _assert_unknown(trial, body)

    changed = trial.writes(refuse_all)
    assert not changed, f"refused input writes {changed}"
    trial.evidence.saw("rules broken", len(cases))
    trial.evidence.saw("unknown fields", len(unknown))


def _assert_refused(trial: Trial, case: Violation) -> None:
    outcome = _called(trial, case.message)
    path = f"[0].{case.path}" if trial.rpc.descriptor.client_streaming else case.path
    assert outcome.code == code_pb2.INVALID_ARGUMENT, f"{path} breaks {case.rule}, yet: {outcome} for {case.message!r}"
    assert outcome.reason == "FIELD_INVALID", f"{path} breaks {case.rule}: {outcome}"
    assert outcome.fields == {path}, f"{path} breaks {case.rule}, yet {sorted(outcome.fields)} are named: {outcome}"


@dataclass(frozen=True, slots=True)
class _Strange:
    """A JSON request, as httpx takes it, with a field that the contract does not have, and the path of that."""

    path: str
    request: dict[str, Any]


def _unknown_fields(trial: Trial) -> Iterator[_Strange]:
    """A request that succeeds, by each HTTP rule, with a field of no name that is known."""
    if trial.rpc.descriptor.client_streaming:
        trial.evidence.cannot_know("that unknown JSON fields are refused: a stream is not held to be looked at")
        return
    for rule, _ in json_faces(trial):
        if not rule.body:
            continue
        sent = http_request(trial.rpc, rule, trial.seed())
        if "json" in sent:
            prefix = "" if rule.body == "*" else f"{rule.body}."
            yield _Strange(f"{prefix}{_UNKNOWN}", {**sent, "json": {**sent["json"], _UNKNOWN: 1}})


def _assert_unknown(trial: Trial, case: _Strange) -> None:
    assert trial.mesh.edge is not None
    answer = trial.mesh.edge.http.request(**case.request, headers=list(trial.caller))
    outcome = Outcome.refused(ParseDict(answer.json(), status_pb2.Status()))
    if outcome.reason == "ROUTE_UNKNOWN":
        return  # that is the law of completeness's to say
    said = (outcome.code, outcome.reason, outcome.fields)
    assert said == (code_pb2.INVALID_ARGUMENT, "FIELD_UNKNOWN", frozenset({case.path})), (
        f"JSON with {case.path}: {outcome}"
    )


def _called(trial: Trial, message: Message) -> Outcome:
    return trial.mesh.direct.call(trial.rpc, message, metadata=trial.caller, timeout=2, take=1)


LAW = Law("invalid input", "refuses each broken rule by the name of its field, and writes nothing", all_rpcs, judge)

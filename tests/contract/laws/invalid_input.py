"""Each rule on each field, broken alone by the smallest step, is refused by the field's name, and writes nothing."""

from google.protobuf.message import Message
from google.rpc import code_pb2

from tests.contract.generate.violations import Violation, Violations
from tests.contract.law import Law, Trial, all_rpcs
from tests.contract.outcome import Outcome


def judge(trial: Trial) -> None:
    """Breaks the rules one by one."""
    maker = Violations(trial.messages, trial.first)
    base = trial.first(trial.messages.valid(trial.rpc.descriptor.input_type))
    assert base is not None, "no request keeps every rule"
    cases: list[Violation] = []
    for made in maker.of(base):
        if isinstance(made, Violation):
            cases.append(made)
        else:
            trial.evidence.cannot_know(f"that {made.path or 'the request'} is checked by {made.rule}: not broken alone")
    if not cases:
        trial.evidence.cannot_know("what is refused: no rule can be broken")
        return

    def refuse_all() -> None:
        for case in cases:
            _assert_refused(trial, case)

    changed = trial.writes(refuse_all)
    assert not changed, f"refused input writes {changed}"
    trial.evidence.saw("rules broken", len(cases))


def _assert_refused(trial: Trial, case: Violation) -> None:
    outcome = _called(trial, case.message)
    path = f"[0].{case.path}" if trial.rpc.descriptor.client_streaming else case.path
    assert outcome.code == code_pb2.INVALID_ARGUMENT, f"{path} breaks {case.rule}, yet: {outcome} for {case.message!r}"
    assert outcome.reason == "FIELD_INVALID", f"{path} breaks {case.rule}: {outcome}"
    assert outcome.fields == {path}, f"{path} breaks {case.rule}, yet {sorted(outcome.fields)} are named: {outcome}"


def _called(trial: Trial, message: Message) -> Outcome:
    return trial.mesh.direct.call(trial.rpc, message, metadata=trial.mesh.callers.operator, timeout=2, take=1)


LAW = Law("invalid input", "refuses each broken rule by the name of its field, and writes nothing", all_rpcs, judge)

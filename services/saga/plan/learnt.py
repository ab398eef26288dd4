"""What a saga knows: its input, and the replies of its steps, as messages."""

from collections.abc import MutableMapping

import uuid_utils
from google.protobuf.message import Message

from services.saga.domain.run import Run, Saga, StepState
from services.saga.plan.expressions import EvaluationError, Values
from services.saga.plan.plan import Plan, unpacked

_NAMESPACE = uuid_utils.UUID("6f0e7a52-6d1a-4c11-9c39-5a7a0d0f5a6a")


def learnt(plan: Plan, saga: Saga, known: MutableMapping[str, Message]) -> Values:
    """What expressions see. What was read before is taken from `known`, and kept there."""
    if "input" not in known:
        known["input"] = plan.input.FromString(saga.input)
    for step, run in saga.runs.items():
        variable = f"steps.{step}"
        if variable not in known and (run.reply or run.state is StepState.SKIPPED):
            known[variable] = unpacked(plan.steps[step].reply, run.reply)
    return known


def sent(plan: Plan, saga: Saga, step: str, known: MutableMapping[str, Message]) -> Message | None:
    """The request that a step sends, or sent last; None for one that sends none, or none yet."""
    run = saga.runs[step]
    call = plan.steps[step].undo if run.undoing else plan.steps[step].call
    if call is None or run.begun is None:
        return None
    try:
        return call.message(learnt(plan, saga, known), request_id(saga.id, step, run), run.edited)
    except EvaluationError:
        return None


def request_id(saga: str, step: str, run: Run) -> str:
    """The id of a step's call: the same in every process, and for every try of it."""
    return str(uuid_utils.uuid5(_NAMESPACE, f"{saga}/{step}/{'undo' if run.undoing else 'do'}/{run.edits}"))

"""Sagas as callers see them: what is sensitive in inputs, requests and replies is blanked."""

from collections.abc import Iterable

from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message

from mesh.saga.v1 import saga_pb2
from services._platform.redaction import redacted
from services.saga.convert import sagas
from services.saga.domain.run import Saga, Transition
from services.saga.plan.contract import Contract
from services.saga.plan.learnt import sent
from services.saga.plan.plan import Plan


class Views:
    """Makes the messages that answers consist of."""

    def __init__(self, contract: Contract) -> None:
        self._contract = contract

    def full(self, plan: Plan, saga: Saga, timeline: Iterable[Transition] = ()) -> saga_pb2.Saga:
        """A saga with its input, its steps, and this part of its timeline."""
        known: dict[str, Message] = {}
        view = sagas.summary(saga, past_pivot=saga.past_pivot(plan.order))
        view.input.CopyFrom(_packed(redacted(plan.input.FromString(saga.input))))
        for step, run in saga.runs.items():
            request = sent(plan, saga, step, known)
            shown = None if request is None else _packed(redacted(request))
            view.steps.append(sagas.step(step, run, shown, self._shown(run.reply)))
        view.timeline.extend(sagas.transition(each, self._shown(each.payload)) for each in timeline)
        return view

    def _shown(self, kept: bytes) -> Any | None:
        if not kept:
            return None
        packed = Any.FromString(kept)
        return _packed(redacted(self._contract.message(packed.TypeName()).FromString(packed.value)))


def _packed(message: Message) -> Any:
    made = Any()
    made.Pack(message)
    return made

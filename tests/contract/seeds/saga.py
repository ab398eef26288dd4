"""Seeds of saga. None calls another area: steps wait for signals, and the call that is refused is of a definition."""

from mesh.saga.v1.saga_definition_pb2 import Approval
from tests.contract.outcome import Json
from tests.contract.seeds.api import Api

PACKAGE = "mesh.saga.v1"

_INPUT = Approval.DESCRIPTOR.full_name
_APPROVED = {"@type": f"type.googleapis.com/{_INPUT}", "approved": True}

_NOTHING = {"id": "nothing", "timer": {"delay": "0s"}}
_FIRST = {"id": "first", "signal": {}}
_LATER = {"id": "later", "after": ["first"], "signal": {}}
_MISSING = {
    "id": "missing",
    "step_class": "SAGA_STEP_CLASS_RETRIABLE",
    "call": {
        "method": f"{PACKAGE}.SagaService/GetSagaDefinition",
        "request": {"name": "'sagaDefinitions/none'", "version": "input.approved ? 1 : 0"},
    },
}
"""A call that is refused for good, although it must not fail."""
_AFTER = {"id": "after", "after": ["missing"], "step_class": "SAGA_STEP_CLASS_RETRIABLE", "signal": {}}


def _definition(*steps: Json) -> Json:
    return {"input_type": _INPUT, "steps": list(steps)}


def new_definition(api: Api) -> str:
    return _registered(api, _FIRST, _LATER)


def _registered(api: Api, *steps: Json) -> str:
    made = api("SagaService/RegisterSaga", saga_definition_id=api.unique("saga"), saga_definition=_definition(*steps))
    return str(made["name"])


def waiting_definition(api: Api) -> str:
    return str(api.kept("waiting", lambda api: _registered(api, _FIRST, _LATER)))


def ended(api: Api) -> str:
    """A saga that has run to its end, so that whoever waits for it is answered at once."""
    return _settled(api, api.kept("ended", lambda api: _registered(api, _NOTHING)))


def waiting(api: Api) -> str:
    """A saga that waits for two signals, one after the other."""
    return str(api("SagaService/StartSaga", definition=waiting_definition, input=_APPROVED)["name"])


def stuck(api: Api) -> str:
    """A saga whose step `missing` is stuck."""
    return _settled(api, api.kept("stuck", lambda api: _registered(api, _MISSING, _AFTER)))


def _settled(api: Api, definition: str) -> str:
    name = api("SagaService/StartSaga", definition=definition, input=_APPROVED)["name"]
    saga = api("SagaService/AwaitSaga", name=name, wait="4s")
    assert saga["state"] in ("SAGA_STATE_COMPLETED", "SAGA_STATE_NEEDS_ATTENTION"), saga
    return str(name)


RESOURCES = {
    "mesh/SagaDefinition": new_definition,
    "mesh/Saga": ended,
}

REQUESTS = {
    "SagaService/RegisterSaga": {
        "saga_definition_id": lambda api: api.unique("saga"),
        "saga_definition": _definition(_FIRST, _LATER),
    },
    "SagaService/GetSagaDefinition": {"name": waiting_definition},
    "SagaService/ListSagaDefinitions": {},
    "SagaService/StartSaga": {
        "definition": waiting_definition,
        "input": _APPROVED,
        "key": lambda api: api.unique("key"),
    },
    "SagaService/GetSaga": {"name": stuck},
    "SagaService/ListSagas": {},
    "SagaService/WatchSaga": {"name": waiting},
    "SagaService/AwaitSaga": {"name": ended},
    "SagaService/CancelSaga": {"name": waiting, "reason": "changed their mind"},
    # The signal comes before its step: it is kept, and the saga waits on.
    "SagaService/SignalSaga": {"name": waiting, "step": "later", "payload": _APPROVED},
    "SagaService/ResolveStep": {
        "name": stuck,
        "step": "missing",
        "action": "RESOLVE_ACTION_SKIP",
        "reason": "not needed",
    },
}

"""What an operator decides, as it is kept."""

from mesh.saga.v1 import saga_service_pb2
from services._platform.errors import FieldViolation
from services.saga.domain.refusals import PayloadInvalid, StepNotFound
from services.saga.domain.run import Kind, Saga
from services.saga.plan.plan import Plan, packed
from services.saga.servicer.payloads import unpacked

ACTIONS = {
    saga_service_pb2.RESOLVE_ACTION_RETRY: Kind.STEP_RETRIED,
    saga_service_pb2.RESOLVE_ACTION_EDIT: Kind.STEP_EDITED,
    saga_service_pb2.RESOLVE_ACTION_SKIP: Kind.STEP_SKIPPED,
    saga_service_pb2.RESOLVE_ACTION_FORCE: Kind.STEP_FORCED,
}


def resolution(plan: Plan, saga: Saga, request: saga_service_pb2.ResolveStepRequest, kind: Kind) -> bytes:
    """What an operator's decision carries, as it is kept: a request, a packed reply, or nothing."""
    run = saga.runs.get(request.step)
    if run is None:
        raise StepNotFound(saga.id, request.step)
    step = plan.steps[request.step]
    if kind is Kind.STEP_EDITED:
        call = step.undo if run.undoing else step.call
        if call is None:
            raise PayloadInvalid("a step that calls")
        return packed(unpacked(request.payload, call.request, "payload", PayloadInvalid))
    if kind is Kind.STEP_FORCED and not run.undoing:
        return packed(unpacked(request.payload, step.reply, "payload", PayloadInvalid))
    if request.HasField("payload"):
        raise PayloadInvalid("nothing", (FieldViolation("payload", "this action takes none"),))
    return b""

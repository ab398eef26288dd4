"""The points at which the processes of a checkout may die, as its saga passed them when nothing happened to it."""

from collections import Counter
from collections.abc import Iterator

from mesh.saga.v1 import saga_pb2
from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from mesh.saga.v1.saga_pb2 import Saga, SagaTransitionType

_CALLED = {
    saga_pb2.SAGA_STEP_STATE_SUCCEEDED,
    saga_pb2.SAGA_STEP_STATE_FAILED,
    saga_pb2.SAGA_STEP_STATE_COMPENSATED,
}
BEGINNING = tuple(
    (area, f"1 {moment} {name}")
    for area, name in (("cart", "CheckoutCart"), ("saga", "StartSaga"))
    for moment in ("before", "after")
)
"""Those of the calls that begin it, besides the saga's own start."""


def called(definition: SagaDefinition, saga: Saga) -> Iterator[str]:
    """The paths of the RPCs that a saga called."""
    states = {run.step: run.state for run in saga.steps}
    for step in definition.steps:
        if states[step.id] in _CALLED:
            yield step.call.method
        if states[step.id] == saga_pb2.SAGA_STEP_STATE_COMPENSATED:
            yield step.compensation.method


def served(path: str) -> Iterator[tuple[str, str]]:
    """Those of whoever serves an RPC, each with its area."""
    area, name = area_and_name(path)
    yield area, f"1 before {name}"
    yield from committed(path, 1)
    yield area, f"1 after {name}"


def committed(path: str, time: int) -> Iterator[tuple[str, str]]:
    """Those of the n-th commit of an RPC."""
    area, name = area_and_name(path)
    yield area, f"{time} before commit of {name}"
    yield area, f"{time} after commit of {name}"


def orchestrated(paths: list[str], saga: Saga) -> Iterator[tuple[str, str]]:
    """Those of the orchestrator."""
    for moment in ("before", "after"):
        yield "saga", f"1 {moment} start"
        yield from (("saga", f"1 {moment} the call of {area_and_name(path)[1]}") for path in paths)
    kinds = Counter(
        SagaTransitionType.Name(each.type).removeprefix("SAGA_TRANSITION_TYPE_") for each in saga.timeline[1:]
    )
    for kind, times in kinds.items():
        for time in range(1, times + 1):
            yield "saga", f"{time} before commit of {kind}"
            yield "saga", f"{time} after commit of {kind}"


def area_and_name(path: str) -> tuple[str, str]:
    """`/mesh.cart.v1.CheckoutService/CheckoutCart` is `cart`'s `CheckoutCart`."""
    service, _, name = path.removeprefix("/").partition("/")
    return service.split(".")[1], name

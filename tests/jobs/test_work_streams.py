"""What a worker's stream is told, as the wire has it."""

import grpc
import pytest

from mesh.jobs.v1.work_service_pb2 import Hello, Outcome, WorkRequest, WorkResponse
from mesh.jobs.v1.work_service_pb2_grpc import WorkServiceStub
from tests.callers import token
from tests.inventory.conftest import Refused, refusal_of
from tests.jobs.conftest import Jobs

HELLO = Hello(worker="raw", queues=["queues/default"], tasks=["noop"], capacity=5)


async def _tells(jobs: Jobs, *messages: WorkRequest) -> list[WorkResponse]:
    """What a worker is told that says this and no more."""
    # A replica that nobody has asked yet takes a moment to be the dispatcher.
    await jobs.reaches(await jobs.enqueue("other"), "READY")
    call = WorkServiceStub(jobs.by(token("services/inventory", ["service"])).channel).Work()
    for message in messages:
        await call.write(message)
    await call.done_writing()
    return [told async for told in call]


async def _refused(jobs: Jobs, *messages: WorkRequest) -> Refused:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await _tells(jobs, *messages)
    return refusal_of(caught.value)


async def test_a_worker_that_says_no_more_is_answered_and_its_stream_ends(jobs: Jobs) -> None:
    """Its outcomes are void: the tickets are nobody's."""
    told = await _tells(jobs, WorkRequest(hello=HELLO), WorkRequest(succeeded=[1, 2], outcomes=[Outcome(ticket=3)]))
    assert sorted(ticket for one in told for ticket in one.stale) == [1, 2, 3]


async def test_the_first_message_says_who_the_worker_is(jobs: Jobs) -> None:
    for first in ([], [WorkRequest(succeeded=[1])]):
        refusal = await _refused(jobs, *first)
        assert (refusal.code, refusal.reason, refusal.fields) == (
            "INVALID_ARGUMENT",
            "HELLO_MISSING",
            ["[0].hello"],
        )


async def test_a_later_message_that_breaks_a_rule_ends_the_stream_and_says_which(jobs: Jobs) -> None:
    later = WorkRequest(hello=Hello(worker="raw", queues=["no queue"], tasks=["noop"], capacity=5))
    refusal = await _refused(jobs, WorkRequest(hello=HELLO), later)
    assert refusal.code == "INVALID_ARGUMENT"
    assert [field.rpartition("hello")[2] for field in refusal.fields] == [".queues[0]"]

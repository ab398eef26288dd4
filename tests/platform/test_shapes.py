"""What is known by its shape keeps every rule: the engine says so too, of every type of the contract."""

from collections.abc import Iterator
from typing import Any

import pytest
from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import Message
from hypothesis import HealthCheck, Phase, given, settings
from protovalidate import Validator

from clients import contract
from mesh.jobs.v1.job_pb2 import JobSpec, TaskTarget
from mesh.jobs.v1.job_service_pb2 import BatchCreateJobsRequest
from services._platform.shapes import Shapes, shapes
from tests.contract.generate.messages import Messages

ENGINE = Validator()
REQUESTS = {
    method.descriptor.input_type.full_name: method.descriptor.input_type
    for service in contract.services()
    for method in contract.methods(service)
    if not method.safe
}
EXTREMES: dict[int, tuple[Any, ...]] = {
    FieldDescriptor.CPPTYPE_STRING: ("", "x", "\u00e4", "x" * 201, "x" * 5000),
    FieldDescriptor.CPPTYPE_INT32: (0, 1, -1, 2**31 - 1),
    FieldDescriptor.CPPTYPE_INT64: (0, 1, -1, 2**63 - 1),
    FieldDescriptor.CPPTYPE_UINT32: (0, 1, 2**32 - 1),
    FieldDescriptor.CPPTYPE_UINT64: (0, 1, 2**64 - 1),
    FieldDescriptor.CPPTYPE_DOUBLE: (0.0, -1.0, 1e300, float("nan"), float("inf")),
    FieldDescriptor.CPPTYPE_FLOAT: (0.0, -1.0, 1e30, float("nan")),
    FieldDescriptor.CPPTYPE_BOOL: (False, True),
    FieldDescriptor.CPPTYPE_ENUM: (0, 1, 99),
}


def _changed(whole: Message, part: Message) -> Iterator[None]:
    """Changes one field after another, of the whole or what is in it, to something extreme or nothing, and back."""
    for field, value in part.ListFields():
        if field.message_type and field.message_type.GetOptions().map_entry:
            continue
        before = type(part)()
        before.CopyFrom(part)
        if field.is_repeated:
            for count in (2,) if field.message_type else (2, 1001):
                getattr(part, field.name).extend(list(value)[:1] * count)
                yield
        elif field.message_type:
            yield from _changed(whole, value)
        else:
            text = field.type == FieldDescriptor.TYPE_BYTES
            for extreme in EXTREMES[field.cpp_type]:
                setattr(part, field.name, extreme.encode() if text else extreme)
                yield
        part.ClearField(field.name)
        yield
        part.CopyFrom(before)
        for inner in getattr(part, field.name)[:2] if field.is_repeated and field.message_type else ():
            yield from _changed(whole, inner)


def _of(message: Message) -> Shapes:
    return shapes(message.DESCRIPTOR, {})  # type: ignore[arg-type]


@pytest.mark.parametrize("name", sorted(REQUESTS))
def test_what_is_known_keeps_every_rule(name: str) -> None:
    known = shapes(REQUESTS[name], {})

    @settings(
        max_examples=15,
        deadline=None,
        database=None,
        derandomize=True,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(Messages(names=lambda _: ()).loose(REQUESTS[name]))
    def meets(message: Message) -> None:
        if not ENGINE.collect_violations(message):
            known.learn(message)
        for _ in _changed(message, message):
            keeps = not ENGINE.collect_violations(message)
            assert keeps or not known.known(message), message
            if keeps:
                known.learn(message)

    meets()


def test_values_that_no_rule_looks_at_need_no_second_look() -> None:
    known, one, other = _of(JobSpec()), TaskTarget(task="a", payload=b"1"), TaskTarget(task="a", payload=b"22")
    known.learn(JobSpec(queue="queues/a", tenant="t", key="k", task=one))
    assert known.known(JobSpec(queue="queues/a", tenant="other", key="another", task=other))
    assert not known.known(JobSpec(queue="queues/b", tenant="t", key="k", task=one))
    assert not known.known(JobSpec(queue="queues/a", tenant="t" * 101, key="k", task=one))
    assert not known.known(JobSpec(queue="queues/a", tenant="t", key="k"))


def test_each_message_of_a_list_must_be_known() -> None:
    one, other = JobSpec(task=TaskTarget(task="a")), JobSpec(task=TaskTarget(task="b"))
    known = _of(BatchCreateJobsRequest())
    known.learn(BatchCreateJobsRequest(specs=[one]))
    assert known.known(BatchCreateJobsRequest(specs=[one, one]))
    assert not known.known(BatchCreateJobsRequest(specs=[one, other]))
    assert not known.known(BatchCreateJobsRequest(specs=[one] * 10_001))
    assert not known.known(BatchCreateJobsRequest())


def test_only_so_many_shapes_are_kept() -> None:
    known = _of(JobSpec())
    first = JobSpec(task=TaskTarget(task="first"))
    known.learn(first)
    for number in range(5000):
        known.learn(JobSpec(task=TaskTarget(task=f"t{number}")))
    assert not known.known(first)
    assert known.known(JobSpec(task=TaskTarget(task="t4999")))

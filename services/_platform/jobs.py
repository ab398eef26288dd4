"""Enqueues jobs into the running transaction of any service, through the one function of jobs that all may call.

What is enqueued is checked here against the contract, so that a job that cannot run is refused where it is asked for.
"""

import functools
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple, TypeAlias
from uuid import UUID

import asyncpg
import uuid_utils
from asyncpg.pgproto import pgproto
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from clients import contract
from clients.contract import Access, Method
from mesh.jobs.v1 import job_pb2
from services._platform import sql
from services._platform.call import Principal
from services._platform.doorbell import channel
from services._platform.errors import InvalidArgument, PermissionDenied, ResourceExhausted
from services._platform.postgres import Connection
from services._platform.times import instant
from services._platform.validation import validate

Q = sql.load(__package__, "jobs")
CHANNEL = channel("jobs")
DEFAULT_QUEUE = "default"
DEPUTY = "deputy"
"""The role in which RPCs are called that are jobs."""
_CLOSED = "JQ001"
"""What `jobs.enqueue` raises when a queue does not take a job."""


Row: TypeAlias = tuple[UUID, str, str, str, str, int, datetime | None, bytes]
"""A job as it is stored: its id, queue, tenant, key, task, priority, when it is ready, and its spec."""


class Request(NamedTuple):
    """A job to enqueue."""

    id: UUID
    spec: job_pb2.JobSpec

    @property
    def name(self) -> str:
        """The job's name."""
        return f"jobs/{self.id}"

    @property
    def row(self) -> Row:
        """What is stored."""
        spec = self.spec
        return (
            self.id,
            spec.queue.removeprefix("queues/") or DEFAULT_QUEUE,
            spec.tenant,
            spec.key,
            spec.task.task if spec.HasField("task") else spec.rpc.method,
            spec.priority or job_pb2.JOB_PRIORITY_NORMAL,
            instant(spec.ready_time) if spec.HasField("ready_time") else None,
            spec.SerializeToString(),
        )

    @property
    def is_unique(self) -> bool:
        """Whether it has a key that no other unfinished job may have."""
        return self.spec.HasField("unique") and bool(self.spec.unique.key)


class Enqueued(NamedTuple):
    """What became of a request: 1 enqueued, 2 left to the job that is there, 3 merged into it, 4 refused."""

    id: UUID
    outcome: int = 1


def request(spec: job_pb2.JobSpec, caller: Principal | None = None, id: UUID | None = None) -> Request:
    """A request for a job, checked. Refuses an RPC that is not there, cannot be a job, or is not for the caller."""
    if spec.HasField("rpc"):
        validate(spec)
        check_rpc(spec.rpc, caller)
    # The driver's class, which is made, written and sent in a fifth of the time.
    return Request(id or pgproto.UUID(uuid_utils.uuid7().bytes), spec)


def check_rpc(target: job_pb2.RpcTarget, caller: Principal | None = None) -> None:
    """Refuses an RPC that is not there, cannot be a job, or is not for the caller, and a request that does not fit."""
    method = methods().get(target.method)
    if method is None:
        raise InvalidArgument(
            f"the contract has no {target.method}", reason="METHOD_UNKNOWN", metadata={"method": target.method}
        )
    if not may_be_job(method) or not (caller is None or _may(caller, method)):
        raise PermissionDenied(
            f"{target.method} may not be called by a job of this caller",
            reason="METHOD_NOT_CALLABLE",
            metadata={"method": target.method},
        )
    expected = method.descriptor.input_type
    if target.request.TypeName() != expected.full_name:
        raise _mismatch(target.method, expected.full_name, f"is a {target.request.TypeName() or 'nothing'}")
    try:
        message = message_class(method).FromString(target.request.value)
    except DecodeError as error:
        raise _mismatch(target.method, expected.full_name, "cannot be read") from error
    validate(message, "spec.rpc.request")


async def enqueue(
    connection: Connection, now: datetime, requests: Sequence[Request], *, admitted: bool = False
) -> Sequence[Enqueued]:
    """Enqueues jobs in one statement; returns what became of each.

    Refuses when a queue is full or drained, unless the service of jobs has seen to that: then they are `admitted`.
    """
    unique = any(one.is_unique for one in requests)
    try:
        rows = await connection.fetch(
            Q["enqueue_admitted" if admitted else "enqueue"],
            now,
            *sql.columns([one.row for one in requests], 8),
            [one.spec.unique.key for one in requests] if unique else None,
            [one.spec.unique.on_conflict for one in requests] if unique else None,
        )
    except asyncpg.PostgresError as error:
        if error.sqlstate != _CLOSED:
            raise
        raise queue_full(str(error)) from error
    if not unique:
        return [Enqueued(one.id) for one in requests]
    return [Enqueued(row["job"], row["outcome"]) for row in rows]


@functools.cache
def methods() -> Mapping[str, Method]:
    """Every RPC of the mesh, by its gRPC path."""
    return {method.path: method for service in contract.services() for method in contract.methods(service)}


def may_be_job(method: Method) -> bool:
    """Whether an RPC can be a job: it takes and answers with one message, and who calls it for others may call it."""
    if method.streams or method.access is Access.SERVICE:
        return False
    return method.access is Access.PUBLIC or method.permission in contract.roles()[DEPUTY]


def message_class(method: Method) -> Any:
    """The class of an RPC's request."""
    return GetMessageClass(method.descriptor.input_type)


def queue_full(queue: str) -> ResourceExhausted:
    """The refusal of a queue that takes no jobs for now."""
    name = f"queues/{queue}"
    return ResourceExhausted(f"{name} is full or drained", reason="QUEUE_FULL", metadata={"queue": name}, retry_after=5)


def _may(caller: Principal, method: Method) -> bool:
    return method.access is Access.PUBLIC or caller.may(method.permission)


def _mismatch(method: str, expected: str, why: str) -> InvalidArgument:
    return InvalidArgument(
        f"spec.rpc.request: {why}; {method} takes {expected}",
        reason="REQUEST_MISMATCH",
        metadata={"method": method, "expected": expected},
    )

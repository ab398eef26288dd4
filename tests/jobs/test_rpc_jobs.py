"""Jobs that are RPCs of the mesh, against a running inventory."""

import asyncio
import hashlib
import secrets
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import partial

import pytest
from google.protobuf.any_pb2 import Any
from google.protobuf.message import Message
from google.protobuf.timestamp_pb2 import Timestamp

from mesh.identity.v1.user_service_pb2 import GetUserRequest
from mesh.inventory.v1 import product_pb2
from mesh.inventory.v1.product_service_pb2 import CreateProductRequest, GetProductRequest
from mesh.inventory.v1.stock_service_pb2 import WatchStockRequest
from mesh.jobs.v1 import job_pb2, schedule_pb2, workflow_pb2
from mesh.jobs.v1.job_service_pb2 import (
    BatchCreateJobsRequest,
    CreateJobRequest,
    ListJobsRequest,
    UpdateJobRequest,
)
from mesh.jobs.v1.schedule_service_pb2 import CreateScheduleRequest
from mesh.jobs.v1.workflow_service_pb2 import CreateWorkflowRequest
from services._platform.clock import system_clock
from services._platform.stores import open_stores
from services.identity.__main__ import compose as compose_identity
from services.inventory.__main__ import compose as compose_inventory
from tests.callers import token
from tests.conftest import Clock, Database, serving_port, settings
from tests.identity.conftest import own
from tests.inventory.conftest import refused
from tests.jobs.conftest import Jobs, running, spec

CREATE = "/mesh.inventory.v1.ProductService/CreateProduct"
ENQUEUE = "/mesh.jobs.v1.JobService/CreateJob"
GET = "/mesh.inventory.v1.ProductService/GetProduct"


@dataclass(frozen=True)
class Mesh:
    """Jobs with its neighbours: inventory, and identity, of which it has its own token."""

    jobs: Jobs
    database: Database


@pytest.fixture
async def mesh(database: Database, clock: Clock) -> AsyncIterator[Mesh]:
    secret = secrets.token_hex(16)
    digests = {"jobs": [hashlib.sha256(secret.encode()).hexdigest()]}
    # By the true time, which tokens are verified by.
    compose_own = partial(compose_identity, own=own(service_secrets=digests))
    async with serving_port(compose_own, settings(database, "identity")) as port:
        identity = f"ipv4:127.0.0.1:{port}"
        # Inventory knows identity's tokens alone: what it answers, it answers to the jobs service.
        platform = settings(database, "inventory", identity=identity, jwks="")
        async with serving_port(partial(compose_inventory, clock=clock), platform) as port:
            services = {"inventory": f"ipv4:127.0.0.1:{port}", "identity": identity}
            more = {"identity": identity, "services": services, "service_secret": secret}
            async with running(database, clock, **more) as jobs:
                yield Mesh(jobs, database)


def rpc(method: str, request: Message, **more: object) -> job_pb2.JobSpec:
    packed = Any()
    packed.Pack(request)
    return job_pb2.JobSpec(rpc=job_pb2.RpcTarget(method=method, request=packed), **more)  # type: ignore[arg-type]


def creation(product: str) -> CreateProductRequest:
    message = product_pb2.Product(sku=product.upper(), display_name=product)
    return CreateProductRequest(product_id=product, product=message)


async def test_any_rpc_is_a_job_and_its_answer_the_result(mesh: Mesh) -> None:
    [name] = await mesh.jobs.enqueue_many(rpc(CREATE, creation("mug"), keep_result=True))
    job = await mesh.jobs.reaches(name, "SUCCEEDED")
    assert product_pb2.Product.FromString(job.result).name == "products/mug"


async def test_a_refusal_for_good_is_not_tried_again(mesh: Mesh) -> None:
    [name] = await mesh.jobs.enqueue_many(rpc(GET, GetProductRequest(name="products/none")))
    job = await mesh.jobs.reaches(name, "DEAD")
    assert (job.run, job.failure.code) == (1, "PRODUCT_NOT_FOUND")


@pytest.mark.parametrize(
    ("method", "request_", "reason"),
    [
        ("/mesh.inventory.v1.ProductService/Nothing", creation("mug"), "METHOD_UNKNOWN"),
        ("/mesh.inventory.v1.StockService/WatchStock", WatchStockRequest(), "METHOD_NOT_CALLABLE"),
        ("/mesh.jobs.v1.WorkService/Work", creation("mug"), "METHOD_NOT_CALLABLE"),
        # What a job may enqueue would be checked against the jobs service, not against who asked.
        (ENQUEUE, CreateJobRequest(spec=spec()), "METHOD_NOT_CALLABLE"),
        ("/mesh.identity.v1.UserService/GetUser", GetUserRequest(name="users/me"), "METHOD_NOT_CALLABLE"),
        (CREATE, GetProductRequest(name="products/mug"), "REQUEST_MISMATCH"),
        (CREATE, CreateProductRequest(product_id="NOT AN ID"), "FIELD_INVALID"),
    ],
)
async def test_what_cannot_be_a_job_is_refused_when_it_is_enqueued(
    jobs: Jobs, method: str, request_: Message, reason: str
) -> None:
    refusal = await refused(jobs.jobs.CreateJob(CreateJobRequest(spec=rpc(method, request_))))
    assert refusal.reason == reason


@pytest.mark.parametrize("way", ["job", "batch", "edit", "schedule", "workflow"])
async def test_nobody_calls_through_a_job_what_they_may_not_call(jobs: Jobs, way: str) -> None:
    """Who holds all of jobs and may read inventory, and no more, writes nothing there."""
    reader = jobs.by(token(scopes=["jobs.read", "jobs.write", "inventory.read"]))
    asked = rpc(CREATE, creation("mug"))
    allowed = rpc(GET, GetProductRequest(name="products/mug"), ready_time=Timestamp(seconds=4_000_000_000))
    [name] = await reader.enqueue_many(allowed)
    step = workflow_pb2.WorkflowStep(step_id="a", spec=asked)
    every_minute = schedule_pb2.Timing(cron="* * * * *")
    calls: dict[str, Callable[[], Awaitable[object]]] = {
        "job": lambda: reader.jobs.CreateJob(CreateJobRequest(spec=asked)),
        "batch": lambda: reader.enqueue_many(spec(), asked),
        "edit": lambda: reader.jobs.UpdateJob(UpdateJobRequest(job=job_pb2.Job(name=name, spec=asked))),
        "schedule": lambda: reader.schedules.CreateSchedule(
            CreateScheduleRequest(schedule_id="s", schedule=schedule_pb2.Schedule(timing=every_minute, spec=asked))
        ),
        "workflow": lambda: reader.workflows.CreateWorkflow(
            CreateWorkflowRequest(workflow=workflow_pb2.Workflow(steps=[step]))
        ),
    }
    refusal = await refused(calls[way]())
    assert (refusal.code, refusal.reason) == ("PERMISSION_DENIED", "METHOD_NOT_CALLABLE")
    listed = (await reader.jobs.ListJobs(ListJobsRequest())).jobs
    assert [job.name for job in listed] == [name]


async def test_the_stock_report_asks_inventory(mesh: Mesh) -> None:
    [made] = await mesh.jobs.enqueue_many(rpc(CREATE, creation("mug")))
    await mesh.jobs.reaches(made, "SUCCEEDED")
    name = await mesh.jobs.enqueue("stock.report", keep_result=True)
    report = (await mesh.jobs.reaches(name, "SUCCEEDED")).result.decode().splitlines()
    assert report == ["product,sku,on_hand,reserved,available", "products/mug,MUG,0,0,0"]


async def test_a_request_that_cannot_be_read_is_refused(jobs: Jobs) -> None:
    spec = rpc(CREATE, creation("mug"))
    spec.rpc.request.value = b"\xff\xff"
    assert (await refused(jobs.enqueue_many(spec))).reason == "REQUEST_MISMATCH"


async def test_a_service_enqueues_in_its_own_commit(mesh: Mesh) -> None:
    async with open_stores("inventory", settings(mesh.database, "inventory"), system_clock) as stores:

        async def work(unit: object, *, fails: bool) -> str:
            name: str = unit.enqueue(rpc(CREATE, creation("cup")))  # type: ignore[attr-defined]
            if fails:
                raise KeyError("changed its mind")
            return name

        with pytest.raises(KeyError):
            await stores.units.commit(partial(work, fails=True))
        name = await stores.units.commit(partial(work, fails=False))
        await mesh.jobs.reaches(name, "SUCCEEDED")
    async with mesh.database.connect() as connection:
        assert await connection.fetchval("SELECT count(*) FROM jobs.job") == 1
    async with mesh.database.connect("inventory") as connection:
        with pytest.raises(Exception, match="permission denied"):
            await connection.fetch("SELECT * FROM jobs.job")


async def test_a_replay_of_a_batch_enqueues_nothing_new(jobs: Jobs) -> None:
    request = BatchCreateJobsRequest(specs=[rpc(CREATE, creation("mug"))], request_id=str(uuid.uuid4()))
    first, second = await asyncio.gather(*(jobs.jobs.BatchCreateJobs(request) for _ in range(2)))
    assert first == second

"""Sagas of three steps a second: the orchestrator, and DBOS, each run to its end before the answer, on one Postgres.

A step of both calls the same RPC of the same server, which answers at once. Every transition is committed durably.
`full` has 64 sagas at a time, `alone` one.
"""

import hashlib
import secrets
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

import grpc
from google.protobuf import any_pb2, json_format

from mesh.inventory.v1.reservation_pb2 import ReservationLine
from mesh.inventory.v1.reservation_service_pb2 import CreateReservationRequest
from mesh.saga.v1.saga_definition_pb2 import SagaDefinition
from mesh.saga.v1.saga_service_pb2 import RegisterSagaRequest, StartSagaRequest
from mesh.saga.v1.saga_service_pb2_grpc import SagaServiceStub
from services._local.stores import HOST
from tests import callers
from tests.bench import load_http1, load_http2
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.report import Goal
from tests.bench.stage import Server, Stage

SERVICE = "saga"
CALL = "/mesh.saga.v1.SagaService/StartSaga"
SAGA, DBOS = "saga, gRPC", "DBOS, JSON"
RESERVE, CANCEL = (
    f"mesh.inventory.v1.ReservationService/{name}" for name in ("CreateReservation", "CancelReservation")
)
LOADS = {"full": (4, 16), "alone": (1, 1)}
"""Connections, and sagas at a time on each."""


async def seed(_stage: Stage, _database: str) -> None:
    """Sagas need nothing to be there."""


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts the orchestrator with what it needs, and DBOS; both under every load."""
    await stage.copy(SERVICE)
    await stage.copy("dbos")
    with ExitStack() as stack:
        steps = stack.enter_context(_steps(stage))
        saga = stack.enter_context(_orchestrator(stage, stack, steps.address))
        dbos = stack.enter_context(_dbos(stage, steps.address))
        await _register(saga.address)
        servers = {"steps": steps.pid, "postgres": stage.postgres}
        ours, theirs = {"server": saga.pid, **servers}, {"server": dbos.pid, **servers}
        count_ours, count_theirs = _Count(stage, SERVICE, _OURS), _Count(stage, "dbos", _THEIRS)
        requests = _requests()

        def over_grpc(load: str, tally: Tally) -> Connect:
            headers = {"authorization": callers.bearer()}
            return load_http2.connect(saga.address, CALL, requests, *LOADS[load], tally, headers)

        def over_json(load: str, tally: Tally) -> Connect:
            connections, streams = LOADS[load]
            return load_http1.connect(dbos.address, _posts(), connections * streams, tally)

        yield [
            case
            for load in LOADS
            for case in (
                Case(SAGA, load, partial(over_grpc, load), ours, count_ours.verify),
                Case(DBOS, load, partial(over_json, load), theirs, count_theirs.verify),
            )
        ]


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises."""
    return (
        Goal("sagas of three steps a second / 800", rate(SAGA, "full") / 800, 1.0),
        Goal("saga / DBOS, full", rate(SAGA, "full") / rate(DBOS, "full"), 5.0),
    )


_OURS = "SELECT count(*) FROM saga.saga WHERE state = 4"
_THEIRS = "SELECT count(*) FROM dbos.workflow_status WHERE status = 'SUCCESS'"


@dataclass(slots=True)
class _Count:
    """What was acknowledged so far of what the database counts as ended well."""

    stage: Stage
    database: str
    query: str
    acknowledged: int = 0

    async def verify(self, tally: Tally) -> None:
        """Raises unless as many ended as were acknowledged."""
        self.acknowledged += tally.acknowledged
        async with self.stage.connect(self.database, SERVICE) as connection:
            stored = await connection.fetchval(self.query)
        if stored != self.acknowledged:
            raise BenchError(f"{self.database}: {self.acknowledged} were acknowledged, stored are {stored}")


def _steps(stage: Stage) -> AbstractContextManager[Server]:
    port = stage.port("steps")
    argv = (sys.executable, "-m", "tests.bench.peers.constant_service", str(port))
    return stage.program("steps", argv, f"grpc://{HOST}:{port}", port, {})


def _orchestrator(stage: Stage, stack: ExitStack, steps: str) -> AbstractContextManager[Server]:
    secret = secrets.token_hex(16)
    identity = stage.port("identity")
    environment = stage.service_environment(SERVICE, "identity", identity) | {
        "MESH_IDENTITY_KEY": secrets.token_hex(32),
        "MESH_IDENTITY_SERVICE_SECRETS": f'{{"saga": ["{hashlib.sha256(secret.encode()).hexdigest()}"]}}',
    }
    argv = (sys.executable, "-m", "services.identity")
    stack.enter_context(stage.program("identity", argv, f"grpc://{HOST}:{identity}", identity, environment))
    port = stage.port(SERVICE)
    environment = stage.service_environment(SERVICE, SERVICE, port) | {
        "MESH_IDENTITY": f"ipv4:{HOST}:{identity}",
        "MESH_SERVICE_SECRET": secret,
        "MESH_SERVICES": f'{{"inventory": "ipv4:{steps}"}}',
    }
    argv = (sys.executable, "-m", f"services.{SERVICE}")
    return stage.program(SERVICE, argv, f"grpc://{HOST}:{port}", port, environment)


def _dbos(stage: Stage, steps: str) -> AbstractContextManager[Server]:
    port = stage.port("dbos")
    argv = (sys.executable, "-m", "tests.bench.peers.dbos_sagas", str(port), stage.dsn("dbos"), steps)
    return stage.program("dbos", argv, f"http://{HOST}:{port}/health", port, {})


async def _register(address: str) -> None:
    request = {"lines": "input.lines"}
    steps = [
        {
            "id": f"reserve_{number}",
            "after": [f"reserve_{number - 1}"] if number else [],
            "call": {"method": RESERVE, "request": {**request, "order": f"steps.reserve_{number - 1}.name"}}
            if number
            else {"method": RESERVE, "request": {**request, "order": "input.order"}},
            "compensation": {"method": CANCEL, "request": {"name": f"steps.reserve_{number}.name"}},
        }
        for number in range(3)
    ]
    input_type = CreateReservationRequest.DESCRIPTOR.full_name
    definition = json_format.ParseDict({"input_type": input_type, "steps": steps}, SagaDefinition())
    asked = RegisterSagaRequest(saga_definition_id="bench", saga_definition=definition)
    async with grpc.aio.insecure_channel(address) as channel:
        await SagaServiceStub(channel).RegisterSaga(asked, metadata=(("authorization", callers.bearer()),))


def _requests() -> Iterator[bytes]:
    packed = any_pb2.Any()
    lines = [ReservationLine(product="products/bench-0001", quantity=1)]
    packed.Pack(CreateReservationRequest(lines=lines, order="orders/1"))
    for number in count():
        request = StartSagaRequest(definition="sagaDefinitions/bench", input=packed, key=f"bench/{number}")
        request.wait.FromSeconds(30)
        yield request.SerializeToString()


def _posts() -> Iterator[bytes]:
    while True:
        yield b"POST /sagas HTTP/1.1\r\nhost: bench\r\ncontent-length: 0\r\n\r\n"

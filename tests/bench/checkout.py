"""Checkouts a second: carts with a quote become orders that are paid, over all services, each in one process.

A checkout is answered when its saga has ended: ten steps at four services and the payment provider's sandbox, every one
of them committed durably. `full` has 32 checkouts at a time, each of a cart of its own; `alone` one.
"""

import hashlib
import json
import secrets
import sys
import uuid
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import grpc
from google.protobuf import json_format

from mesh.cart.v1.checkout_service_pb2 import CheckoutCartRequest
from mesh.identity.v1.key_service_pb2 import GetJwksRequest
from mesh.identity.v1.key_service_pb2_grpc import KeyServiceStub
from mesh.saga.v1.saga_service_pb2 import GetSagaDefinitionRequest
from mesh.saga.v1.saga_service_pb2_grpc import SagaServiceStub
from services._local.stores import HOST
from services._platform import sql
from services._platform.clock import system_clock
from services.cart.domain.carts import LIVES, Cart, Line, StockHold
from services.cart.domain.quotes import QUOTE_HOLDS, Quote, QuoteLine
from services.cart.domain.rounding import Rounding
from services.cart.store.rows import cart_columns
from tests import callers
from tests.bench import load_http2
from tests.bench.measure import BenchError, Case, Connect, Tally
from tests.bench.report import Goal
from tests.bench.stage import Server, Stage
from tests.conftest import eventually

Q = sql.load("tests.bench", "checkout")
STOCKED = sql.load("tests.bench", "inventory")
CARTS = sql.load("services.cart.store", "carts")
SUBJECT = "checkout, gRPC"
CALL = "/mesh.cart.v1.CheckoutService/CheckoutCart"
AREAS = ("cart", "inventory", "orders", "payments", "saga")
LOADS = {"full": (4, 8), "alone": (1, 1)}
"""Connections, and checkouts at a time on each."""
MANY = 20_000
PRODUCTS = tuple(f"bench-{number:03}" for number in range(100))
STOCK = 10_000_000


async def seed(stage: Stage, database: str) -> None:
    """Fills the template: stock, and carts with quotes that were accepted."""
    now = system_clock()
    async with stage.connect(database, "inventory") as connection:
        await connection.execute(STOCKED["seed"], list(PRODUCTS), STOCK)
    async with stage.connect(database, "cart") as connection:
        for number in range(MANY):
            product = PRODUCTS[number % len(PRODUCTS)]
            lines = (QuoteLine(product, 1, 1000, f"{product}-eur", 0),)
            quote = Quote(_id("quote", number), "EUR", lines, "", 0, 0, (), now, now + QUOTE_HOLDS)
            cart = Cart(
                id=_id("cart", number),
                owner=callers.ADMIN,
                currency="EUR",
                rounding=Rounding.HALF_EVEN,
                stock_hold=StockHold.AT_CHECKOUT,
                create_time=now,
                update_time=now,
                expire_time=now + LIVES,
                lines=(Line(product, 1, now),),
                quote=quote,
                quoted=True,
            )
            fixed = (cart.owner, cart.currency, cart.rounding.value, cart.stock_hold.value, now)
            await connection.execute(CARTS["insert_cart"], cart.id, *fixed, *cart_columns(cart))


@asynccontextmanager
async def cases(stage: Stage) -> AsyncIterator[Sequence[Case]]:
    """Starts everything that a checkout needs."""
    database = "checkout"
    await stage.copy(database)
    with ExitStack() as stack:
        servers = await _everything(stage, stack, database)
        processes = {name: server.pid for name, server in servers.items()} | {"postgres": stage.postgres}
        count, requests = _Count(stage, database), _requests()

        def connect(load: str, tally: Tally) -> Connect:
            headers = {"authorization": callers.bearer()}
            return load_http2.connect(servers["cart"].address, CALL, requests, *LOADS[load], tally, headers)

        yield [Case(SUBJECT, load, partial(connect, load), processes, count.verify) for load in LOADS]


def goals(_rate: object) -> Sequence[Goal]:
    """None is promised: no peer does the same."""
    return ()


@dataclass(slots=True)
class _Count:
    """What was acknowledged so far: as many orders are paid, and as much stock has left."""

    stage: Stage
    database: str
    acknowledged: int = 0

    async def verify(self, tally: Tally) -> None:
        """Raises unless what is stored is what was acknowledged."""
        self.acknowledged += tally.acknowledged
        async with self.stage.connect(self.database, "orders") as connection:
            counts = dict(await connection.fetchrow(Q["counts"], STOCK) or {})
        if set(counts.values()) != {self.acknowledged}:
            raise BenchError(f"{self.acknowledged} were acknowledged, stored are {counts}")


async def _everything(stage: Stage, stack: ExitStack, database: str) -> dict[str, Server]:
    ports = {area: stage.port(area) for area in (*AREAS, "identity")}
    secret, key, sign = secrets.token_hex(16), secrets.token_hex(16), secrets.token_hex(32)
    digests = {area: [hashlib.sha256(secret.encode()).hexdigest()] for area in AREAS}
    own = {"MESH_IDENTITY_KEY": secrets.token_hex(32), "MESH_IDENTITY_SERVICE_SECRETS": json.dumps(digests)}
    own |= {"MESH_IDENTITY_KEY_LEAD": "PT0S"}
    stack.enter_context(_service(stage, database, "identity", ports["identity"], own))
    provider = stage.port("sandbox")
    stack.enter_context(_sandbox(stage, provider, key, sign))
    told = {
        "MESH_IDENTITY": f"ipv4:{HOST}:{ports['identity']}",
        "MESH_SERVICE_SECRET": secret,
        "MESH_SERVICES": json.dumps({area: f"ipv4:{HOST}:{ports[area]}" for area in AREAS}),
        "MESH_JWKS": await _everybodys_keys(ports["identity"]),
        "MESH_PAYMENTS_PROVIDER_URL": f"http://{HOST}:{provider}",
        "MESH_PAYMENTS_PROVIDER_KEY": key,
        "MESH_PAYMENTS_WEBHOOK_SECRETS": json.dumps([sign]),
    }
    servers = {area: stack.enter_context(_service(stage, database, area, ports[area], told)) for area in AREAS}
    await eventually(partial(_registered, servers["saga"].address), 30)
    return servers


def _service(stage: Stage, database: str, area: str, port: int, told: dict[str, str]) -> AbstractContextManager[Server]:
    environment = stage.service_environment(database, area, port) | told
    argv = (sys.executable, "-m", f"services.{area}")
    return stage.program(area, argv, f"grpc://{HOST}:{port}", port, environment)


def _sandbox(stage: Stage, port: int, key: str, sign: str) -> AbstractContextManager[Server]:
    environment = {
        "MESH_SANDBOX_LISTEN": f"{HOST}:{port}",
        "MESH_SANDBOX_API_KEY": key,
        # Nobody listens there: payments go by the answers of the calls.
        "MESH_SANDBOX_WEBHOOK_URL": f"http://{HOST}:1/",
        "MESH_SANDBOX_WEBHOOK_SECRET": sign,
        "MESH_SANDBOX_FILE": str(Path(stage.folder) / "sandbox.sqlite"),
    }
    argv = (sys.executable, "-m", "services.payments.sandbox")
    return stage.program("sandbox", argv, f"http://{HOST}:{port}/healthz", port, environment)


async def _everybodys_keys(identity: int) -> str:
    """The keys of services' tokens, which identity signs, and of the callers', which benches do."""
    async with grpc.aio.insecure_channel(f"{HOST}:{identity}") as channel:
        published = json_format.MessageToDict(await KeyServiceStub(channel).GetJwks(GetJwksRequest()))
    return json.dumps({"keys": [*published["keys"], *json.loads(callers.JWKS)["keys"]]})


async def _registered(address: str) -> bool:
    async with grpc.aio.insecure_channel(address) as channel:
        request = GetSagaDefinitionRequest(name="sagaDefinitions/checkout")
        try:
            await SagaServiceStub(channel).GetSagaDefinition(request, metadata=(("authorization", callers.bearer()),))
        except grpc.aio.AioRpcError:
            return False
    return True


def _requests() -> Iterator[bytes]:
    for number in range(MANY):
        request = CheckoutCartRequest(
            name=f"carts/{_id('cart', number)}",
            quote_id=_id("quote", number),
            payment_method="tok_webhook_never",
        )
        request.wait.FromSeconds(30)
        yield request.SerializeToString()


def _id(kind: str, number: int) -> str:
    return str(uuid.uuid5(uuid.NAMESPACE_URL, f"{kind} {number}"))

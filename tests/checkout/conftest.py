"""Everything that a checkout needs, in one process: real services, the real wire between them, a real sandbox."""

import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.protobuf import json_format
from google.protobuf.duration_pb2 import Duration

from mesh.cart.v1 import checkout_pb2, checkout_service_pb2_grpc
from mesh.cart.v1.checkout_service_pb2 import CheckoutCartRequest
from mesh.cart.v1.promotion_service_pb2 import GetPromotionRequest
from mesh.identity.v1 import key_service_pb2, key_service_pb2_grpc
from mesh.orders.v1 import order_pb2, order_service_pb2, order_service_pb2_grpc
from mesh.saga.v1 import saga_service_pb2, saga_service_pb2_grpc
from services._local import ports
from services._platform.faults import Fault
from services._platform.server import Compose
from services.cart.__main__ import compose as compose_cart
from services.identity.__main__ import compose as compose_identity
from services.inventory.__main__ import compose as compose_inventory
from services.orders.__main__ import compose as compose_orders
from services.payments.__main__ import compose as compose_payments
from services.payments.settings import PaymentsSettings
from services.saga.__main__ import compose as compose_saga
from tests import callers
from tests.callers import AuthorizedChannel
from tests.cart.conftest import ADA, Shop
from tests.checkout.processes import Participant, living
from tests.conftest import Clock, Database, eventually, serving_port, settings
from tests.identity.conftest import own
from tests.inventory.conftest import Inventory
from tests.payments.conftest import API_KEY, WEBHOOK_SECRET, Payments, Sandbox, sandboxed

AREAS = ("cart", "inventory", "orders", "payments", "saga")
SECRET = "a secret of a service's"  # noqa: S105


@dataclass(frozen=True)
class Market:
    """A shop with everything behind it."""

    shop: Shop
    inventory: Inventory
    payments: Payments
    plain: dict[str, grpc.aio.Channel]
    database: Database
    told: dict[str, Any]
    participants: Mapping[str, Participant]
    """Those that run in processes of their own, by area."""

    @asynccontextmanager
    async def orchestrator(
        self, fault: Fault | None = None, **told: Any
    ) -> AsyncIterator["saga_service_pb2_grpc.SagaServiceAsyncStub"]:
        """One more replica of the orchestrator, that may die, and may be told other things than the rest."""
        made = partial(compose_saga, fault=fault)
        async with (
            serving_port(made, settings(self.database, "saga", **{**self.told, **told})) as port,
            grpc.aio.insecure_channel(f"127.0.0.1:{port}") as channel,
        ):
            yield saga_service_pb2_grpc.SagaServiceStub(_as(channel, "services/cart", "service"))

    @property
    def orders(self) -> "order_service_pb2_grpc.OrderServiceAsyncStub":
        return order_service_pb2_grpc.OrderServiceStub(_as(self.plain["orders"]))

    @property
    def sagas(self) -> "saga_service_pb2_grpc.SagaServiceAsyncStub":
        return saga_service_pb2_grpc.SagaServiceStub(_as(self.plain["saga"]))

    async def stocked(self, product: str, units: int, price: int) -> str:
        """A product with a price in cents and units in a warehouse; returns its name."""
        name, _ = await self.inventory.stocked(product, f"{product}-house", units)
        return await self.shop.price(name.removeprefix("products/"), price)

    async def checkout(
        self, cart: str, method: str = "tok_approve", who: str = ADA, wait: float = 30, **more: Any
    ) -> checkout_pb2.Checkout:
        """Quotes a cart and checks it out."""
        quote = (await self.shop.as_(who).quote(cart)).cart.quote
        request = CheckoutCartRequest(name=cart, quote_id=quote.quote_id, payment_method=method, **more)
        request.wait.CopyFrom(Duration(seconds=int(wait)))
        return await self.checkouts(who).CheckoutCart(request, timeout=wait + 5)

    def checkouts(self, who: str = ADA) -> "checkout_service_pb2_grpc.CheckoutServiceAsyncStub":
        """The checkouts, as somebody calls them."""
        return checkout_service_pb2_grpc.CheckoutServiceStub(_as(self.shop.plain, who, "customer"))

    async def placed(self) -> list[order_pb2.Order]:
        """The orders that are not cancelled."""
        request = order_service_pb2.ListOrdersRequest(filter="state != ORDER_STATE_CANCELLED", page_size=250)
        return list((await self.orders.ListOrders(request)).orders)

    async def used(self, promotion: str) -> int:
        """How often a promotion is held or redeemed."""
        found = await self.shop.promotions.GetPromotion(GetPromotionRequest(name=promotion))
        return found.redemption_count


def _as(channel: grpc.aio.Channel, who: str = callers.ADMIN, role: str = "admin") -> grpc.aio.Channel:
    return cast("grpc.aio.Channel", AuthorizedChannel(channel, callers.token(who, [role])))


@pytest.fixture
async def market(database: Database, tmp_path: Path) -> AsyncIterator[Market]:
    """A market on a database of its own."""
    async with opened(database, tmp_path) as market:
        yield market


@pytest.fixture
async def mortals(database: Database, tmp_path: Path) -> AsyncIterator[Market]:
    """A market whose participants are processes that can be killed."""
    async with opened(database, tmp_path, apart=True) as market:
        yield market


@asynccontextmanager
async def opened(database: Database, folder: Path, *, apart: bool = False) -> AsyncIterator[Market]:
    """One replica of everything, in this process, or each area in one of its own."""
    clock = Clock()
    clock.now = datetime.now(UTC)
    async with AsyncExitStack() as stack:
        sandbox = await stack.enter_async_context(sandboxed(folder, clock))
        digest = hashlib.sha256(SECRET.encode()).hexdigest()
        known = own(service_secrets={area: [digest] for area in AREAS})
        made = partial(compose_identity, own=known)
        identity = await stack.enter_async_context(serving_port(made, settings(database, "identity")))
        chosen = ports.choose(list(AREAS), {}, edge=None, seed=str(folder))
        told = {
            "identity": f"ipv4:127.0.0.1:{identity}",
            "service_secret": SECRET,
            "services": {area: f"ipv4:127.0.0.1:{port}" for area, port in chosen.items()},
            "jwks": await _everybodys_keys(identity),
        }
        participants = {
            area: Participant(area, compose, settings(database, area, listen=f"127.0.0.1:{chosen[area]}", **told))
            for area, compose in _composed(sandbox).items()
        }
        for each in participants.values():
            await stack.enter_async_context(living(each) if apart else serving_port(each.compose, each.settings))
        plain = {area: await stack.enter_async_context(each.channel) for area, each in participants.items()}
        sandbox.mail.channel = plain["payments"]
        market = Market(
            Shop(plain["cart"], clock),
            Inventory(_as(plain["inventory"]), clock),
            Payments(plain["payments"], clock, sandbox.mail),
            plain,
            database,
            told,
            participants,
        )
        await eventually(partial(_registered, market))
        yield market


def _composed(sandbox: Sandbox) -> dict[str, Compose]:
    paying = PaymentsSettings.model_validate(
        {
            "provider_url": sandbox.url,
            "provider_key": API_KEY,
            "webhook_secrets": [WEBHOOK_SECRET],
            "provider_timeout": 0.5,
        }
    )
    made: dict[str, Callable[..., Any]] = {
        "inventory": compose_inventory,
        "orders": compose_orders,
        "payments": partial(compose_payments, own=paying),
        "saga": compose_saga,
        "cart": compose_cart,
    }
    return cast("dict[str, Compose]", made)


async def _everybodys_keys(identity: int) -> str:
    """The keys of services' tokens, which identity signs, and of users', which tests do."""
    async with grpc.aio.insecure_channel(f"127.0.0.1:{identity}") as channel:
        stub = key_service_pb2_grpc.KeyServiceStub(channel)
        published = json_format.MessageToDict(await stub.GetJwks(key_service_pb2.GetJwksRequest()))
    return json.dumps({"keys": [*published["keys"], *json.loads(callers.JWKS)["keys"]]})


async def _registered(market: Market) -> bool:
    try:
        await market.sagas.GetSagaDefinition(saga_service_pb2.GetSagaDefinitionRequest(name="sagaDefinitions/checkout"))
    except grpc.aio.AioRpcError:
        return False
    return True

"""A stall of the market, whose books tell whether each of many checkouts happened once, or not at all."""

import uuid
from dataclasses import dataclass, field

from mesh.cart.v1 import cart_pb2, promotion_pb2
from mesh.cart.v1.cart_service_pb2 import ListCartsRequest
from mesh.cart.v1.checkout_pb2 import CHECKOUT_STATE_COMPLETED, CHECKOUT_STATE_FAILED
from mesh.cart.v1.checkout_service_pb2 import CheckoutCartRequest
from mesh.saga.v1 import saga_service_pb2_grpc
from mesh.saga.v1.saga_service_pb2 import AwaitSagaRequest, StartSagaRequest
from services.cart.convert.checkouts import CHECKOUT, SAGA, checkout, saga_input
from tests.cart.conftest import ADA
from tests.checkout.conftest import Market

UNITS = 1000
ENDS = {"tok_approve": CHECKOUT_STATE_COMPLETED, "tok_decline": CHECKOUT_STATE_FAILED}
"""What checkouts come to, by the card that they are paid with."""


@dataclass
class Stall:
    """One product, with a promotion that each checkout of it uses; all are paid with the same card."""

    market: Market
    card: str
    product: str
    promotion: str
    carts: list[str] = field(default_factory=list)

    @classmethod
    async def open(cls, market: Market, card: str) -> "Stall":
        """A stall with plenty of everything."""
        product = await market.stocked("mug", UNITS, 1000)
        tenth = promotion_pb2.PercentageOff(basis_points=1000)
        promotion = await market.shop.promotion("tenth", redemption_limit=UNITS, percentage_off=tenth)
        return cls(market, card, product, promotion)

    async def shopper(self) -> CheckoutCartRequest:
        """A new cart with one unit, and what its shopper asks for when checking it out."""
        cart = await self.market.shop.cart((self.product, 1))
        quote = (await self.market.shop.quote(cart.name)).cart.quote
        self.carts.append(cart.name)
        request = CheckoutCartRequest(
            name=cart.name, quote_id=quote.quote_id, payment_method=self.card, request_id=str(uuid.uuid4())
        )
        request.wait.FromSeconds(30)
        return request

    async def begun(self) -> StartSagaRequest:
        """What the cart service asks for when a new cart is checked out."""
        wanted = await self.shopper()
        return StartSagaRequest(
            definition=f"sagaDefinitions/{SAGA}",
            key=CHECKOUT.name(wanted.request_id),
            owner=ADA,
            input=saga_input(wanted.request_id, wanted, ADA),
        )

    async def assert_ends(self, sagas: "saga_service_pb2_grpc.SagaServiceAsyncStub", start: StartSagaRequest) -> None:
        """A saga ends as it should, for a caller who asks, perhaps again, for it to be started."""
        request = AwaitSagaRequest(name=(await sagas.StartSaga(start)).name)
        request.wait.FromSeconds(40)
        saga = await sagas.AwaitSaga(request, timeout=45)
        assert checkout("", "", saga).state == ENDS[self.card], saga.error

    async def assert_balanced(self) -> None:
        """Stock, money, coupons, orders and carts all say the same."""
        market = self.market
        sold = len(self.carts) if ENDS[self.card] == CHECKOUT_STATE_COMPLETED else 0
        assert len(await market.placed()) == sold
        assert await market.inventory.totals(self.product) == (UNITS - sold, 0, UNITS - sold)
        assert await market.used(self.promotion) == sold
        assert {abs(amount) for amount in (await market.payments.balances()).values()} <= {0, sold * 900}
        await market.inventory.assert_balanced()
        # As Postgres has them: what a process that died had not put into Redis yet is read from there a while longer.
        carts = (await market.shop.carts.ListCarts(ListCartsRequest(page_size=250))).carts
        wanted = cart_pb2.CART_STATE_ORDERED if sold else cart_pb2.CART_STATE_OPEN
        assert {cart.name: cart.state for cart in carts} == dict.fromkeys(self.carts, wanted)

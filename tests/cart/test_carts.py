"""Carts: whose they are, what is in them, and how long they live."""

import asyncio
import uuid
from typing import cast

import grpc
from google.protobuf.field_mask_pb2 import FieldMask
from redis.asyncio import Redis

from mesh.cart.v1 import (
    cart_pb2,
    coupon_pb2,
    coupon_service_pb2_grpc,
    price_pb2,
    price_service_pb2_grpc,
    promotion_pb2,
    promotion_service_pb2_grpc,
)
from mesh.cart.v1.cart_service_pb2 import (
    AddCartLineRequest,
    CreateCartRequest,
    GetCartRequest,
    ListCartsRequest,
    RemoveCartLineRequest,
    SetCartLineRequest,
    UpdateCartRequest,
)
from mesh.cart.v1.coupon_service_pb2 import CreateCouponRequest
from mesh.cart.v1.price_service_pb2 import CreatePriceRequest
from mesh.cart.v1.promotion_service_pb2 import CreatePromotionRequest
from services._platform.money import money
from services.cart.store.hot_carts import HotCarts
from services.cart.store.rows import read_cart
from tests.callers import AuthorizedChannel, token
from tests.cart.conftest import BOB, Shop, lines, running
from tests.conftest import Clock, Database, eventually
from tests.inventory.conftest import refused


async def test_lines_are_added_set_and_removed(shop: Shop) -> None:
    mug, cup = await shop.price("mug", 1000), await shop.price("cup", 500)
    cart = await shop.cart((mug, 2), (cup, 1), (mug, 3))
    assert lines(cart) == [(mug, 5), (cup, 1)]
    cart = await shop.carts.SetCartLine(SetCartLineRequest(name=cart.name, product=mug, quantity=1))
    assert lines(cart) == [(mug, 1), (cup, 1)]
    for _ in range(2):
        cart = await shop.carts.RemoveCartLine(RemoveCartLineRequest(name=cart.name, product=mug))
        assert lines(cart) == [(cup, 1)]
    assert (await shop.carts.GetCart(GetCartRequest(name=cart.name))) == cart


async def test_a_cart_is_of_its_owner_or_of_who_holds_its_token(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    mine = await shop.cart((mug, 1))
    guest, theirs = await shop.guest((mug, 1))
    read = GetCartRequest(name=mine.name), GetCartRequest(name=theirs.name)
    assert (await shop.carts.GetCart(read[0])).owner == shop.who
    assert (await guest.carts.GetCart(read[1])).owner == ""
    for stranger, request in ((shop.as_(BOB), read[0]), (shop.as_(), read[0]), (guest, read[0]), (shop, read[1])):
        assert (await refused(stranger.carts.GetCart(request))).reason == "CART_NOT_FOUND"
        add = AddCartLineRequest(name=request.name, product=mug, quantity=1)
        assert (await refused(stranger.carts.AddCartLine(add))).reason == "CART_NOT_FOUND"
    other, _ = await shop.guest()
    assert (await refused(other.carts.GetCart(read[1]))).reason == "CART_NOT_FOUND"


async def test_a_token_that_does_not_hold_is_refused_and_not_taken_for_a_guest(shop: Shop) -> None:
    stale = Shop(shop.plain, shop.clock)
    request = CreateCartRequest(cart=cart_pb2.Cart(currency_code="EUR"))
    refusal = await refused(stale.as_().carts.CreateCart(request, metadata=(("authorization", "Bearer nonsense"),)))
    assert refusal.reason == "CREDENTIALS_INVALID"


async def test_the_lists_of_owners_are_their_own(shop: Shop) -> None:
    for _ in range(3):
        await shop.cart()
    await shop.as_(BOB).cart()
    found = await shop.carts.ListCarts(ListCartsRequest(page_size=2, filter="state = CART_STATE_OPEN"))
    assert len(found.carts) == 2
    rest = await shop.carts.ListCarts(
        ListCartsRequest(page_size=2, filter="state = CART_STATE_OPEN", page_token=found.next_page_token)
    )
    assert len({cart.name for cart in [*found.carts, *rest.carts]}) == 3
    assert {cart.owner for cart in [*found.carts, *rest.carts]} == {shop.who}
    assert not (await shop.carts.ListCarts(ListCartsRequest(filter="state = CART_STATE_ORDERED"))).carts


async def test_a_lost_update_is_refused(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 1))
    await shop.add(cart.name, mug, 1, etag=cart.etag)
    assert (await refused(shop.add(cart.name, mug, 1, etag=cart.etag))).reason == "ETAG_MISMATCH"


async def test_racing_adds_are_all_counted_and_replays_once(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart()
    ids = [str(uuid.uuid4()) for _ in range(20)] * 2
    await asyncio.gather(*(shop.add(cart.name, mug, 1, request_id=id_) for id_ in ids))
    assert lines(await shop.carts.GetCart(GetCartRequest(name=cart.name))) == [(mug, 20)]


async def test_a_cart_has_room_for_so_much(shop: Shop) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 999_999))
    full = await refused(shop.add(cart.name, mug, 2))
    assert (full.reason, full.metadata["what"]) == ("CART_FULL", "units")
    products = [await shop.price(f"p{number}", 1) for number in range(100)]
    for product in products[:99]:
        cart = await shop.add(cart.name, product, 1)
    full = await refused(shop.add(cart.name, products[99], 1))
    assert (full.reason, full.metadata["what"]) == ("CART_FULL", "lines")


async def test_only_what_is_priced_in_the_currency_of_the_cart_comes_in(shop: Shop) -> None:
    mug = await shop.price("mug", 1000, "USD")
    cart = await shop.cart()
    refusal = await refused(shop.add(cart.name, mug, 1))
    assert (refusal.code, refusal.reason) == ("FAILED_PRECONDITION", "PRODUCT_NOT_PRICED")
    assert refusal.metadata == {"product": mug, "currency": "EUR", "pricedIn": "USD"}


async def test_the_way_of_shipping_is_changed_by_mask_and_nothing_else_is(shop: Shop) -> None:
    post = await shop.price("post", 500)
    cart = await shop.cart()
    patch = cart_pb2.Cart(name=cart.name, shipping_product=post)
    cart = await shop.carts.UpdateCart(UpdateCartRequest(cart=patch))
    assert cart.shipping_product == post
    fixed = UpdateCartRequest(cart=patch, update_mask=FieldMask(paths=["currency_code"]))
    assert (await refused(shop.carts.UpdateCart(fixed))).fields == ["update_mask"]


async def test_a_cart_expires_at_its_instant_swept_or_not(shop: Shop, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 1))
    clock.advance(days=30)
    refusal = await refused(shop.add(cart.name, mug, 1))
    assert (refusal.reason, refusal.metadata["state"]) == ("CART_CLOSED", "EXPIRED")
    assert (await shop.carts.GetCart(GetCartRequest(name=cart.name))).state == cart_pb2.CART_STATE_EXPIRED


async def test_a_cart_that_is_left_is_announced_once_then_closed(shop: Shop, database: Database, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 1))
    await shop.cart()  # with nothing in it, nobody is reminded

    async def told(topic: str) -> list[str]:
        async with database.connect("cart") as sql:
            rows = await sql.fetch("SELECT key FROM outbox WHERE topic = $1", f"mesh.cart.v1.{topic}")
        return [row["key"] for row in rows]

    clock.advance(hours=24)
    await eventually(lambda: told("CartAbandoned"), 30)
    clock.advance(days=30)
    await eventually(lambda: told("CartExpired"), 30)
    assert await told("CartAbandoned") == [cart.name]


async def test_redis_wiped_loses_no_cart(shop: Shop, database: Database) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 7))
    id_ = cart.name.removeprefix("carts/")
    async with Redis.from_url(database.backends.redis) as redis:
        assert await redis.exists(f"mesh:cart:{id_}")
        assert await shop.carts.GetCart(GetCartRequest(name=cart.name)) == cart
        await redis.delete(f"mesh:cart:{id_}")
        assert await shop.carts.GetCart(GetCartRequest(name=cart.name)) == cart
        assert await redis.exists(f"mesh:cart:{id_}")


async def test_a_slow_reader_does_not_bring_back_an_old_cart(shop: Shop, database: Database, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 1))
    async with database.connect("cart") as sql:
        before = read_cart(await sql.fetchrow("SELECT * FROM cart"))
    await shop.add(cart.name, mug, 1)
    async with Redis.from_url(database.backends.redis) as redis:
        await HotCarts(redis, clock).put(before)
    assert lines(await shop.carts.GetCart(GetCartRequest(name=cart.name))) == [(mug, 2)]


async def test_without_redis_carts_are_read_and_written(database: Database, clock: Clock) -> None:
    async with running(database, clock, redis_url="redis://127.0.0.1:1/0") as shop:
        mug = await shop.price("mug", 1000)
        cart = await shop.cart((mug, 2))
        assert lines(await shop.carts.GetCart(GetCartRequest(name=cart.name))) == [(mug, 2)]


async def test_replicas_see_what_others_wrote(shop: Shop, database: Database, clock: Clock) -> None:
    mug = await shop.price("mug", 1000)
    cart = await shop.cart((mug, 1))
    async with running(database, clock) as other:
        await other.add(cart.name, mug, 1)
        assert lines(await shop.carts.GetCart(GetCartRequest(name=cart.name))) == [(mug, 2)]


async def test_customers_do_not_run_the_shop(shop: Shop) -> None:
    channel = cast("grpc.aio.Channel", AuthorizedChannel(shop.plain, token(shop.who, ["customer"])))
    price = price_pb2.Price(product="products/mug", amount=money("EUR", 1))
    promotion = promotion_pb2.Promotion(display_name="X", free_shipping=promotion_pb2.FreeShipping())
    coupon = coupon_pb2.Coupon(promotion="promotions/x")
    for call in (
        price_service_pb2_grpc.PriceServiceStub(channel).CreatePrice(CreatePriceRequest(price=price)),
        promotion_service_pb2_grpc.PromotionServiceStub(channel).CreatePromotion(
            CreatePromotionRequest(promotion=promotion)
        ),
        coupon_service_pb2_grpc.CouponServiceStub(channel).CreateCoupon(
            CreateCouponRequest(coupon_id="XXX", coupon=coupon)
        ),
    ):
        assert (await refused(call)).reason == "PERMISSION_MISSING"

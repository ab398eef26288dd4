"""Every change is announced in the commit that makes it, and nothing else is."""

from google.protobuf import symbol_database

from mesh.cart.v1 import event_pb2, promotion_pb2  # noqa: F401  the events must be known
from mesh.cart.v1.cart_service_pb2 import MergeCartRequest, RemoveCartLineRequest, SetCartLineRequest
from tests.cart.conftest import Shop
from tests.conftest import Database
from tests.inventory.conftest import refused


async def test_each_operation_announces_what_it_did(shop: Shop, database: Database) -> None:
    async def news() -> list[str]:
        """What was announced since the last look, by message name."""
        async with database.connect("postgres") as sql:
            rows = await sql.fetch("DELETE FROM cart.outbox RETURNING topic, id, key, payload")
        for row in rows:
            message = symbol_database.Default().GetSymbol(row["topic"]).FromString(row["payload"])
            [(_, subject)] = message.ListFields()
            assert row["key"] == subject.name
        return [row["topic"].rpartition(".")[2] for row in sorted(rows, key=lambda row: row["id"])]

    mug = await shop.price("mug", 1000)
    promotion = await shop.promotion("sale", percentage_off=promotion_pb2.PercentageOff(basis_points=1000))
    coupon = await shop.coupon("SALE", promotion)
    assert await news() == ["PriceChanged", "PromotionChanged", "CouponChanged"]
    cart = await shop.cart((mug, 1))
    assert await news() == ["CartChanged", "CartChanged"]
    same = SetCartLineRequest(name=cart.name, product=mug, quantity=1)
    await shop.carts.SetCartLine(same)
    await shop.carts.RemoveCartLine(RemoveCartLineRequest(name=cart.name, product="products/other"))
    assert (await refused(shop.add(cart.name, "products/other"))).reason == "PRODUCT_NOT_PRICED"
    await shop.quote(cart.name)
    assert await news() == []
    await shop.apply(cart.name, coupon)
    assert await news() == ["CartChanged"]
    guest, theirs = await shop.guest((mug, 1))
    await news()
    merge = MergeCartRequest(name=cart.name, source_cart=theirs.name)
    for _ in range(2):
        await shop.as_(shop.who, guest.cart_token).carts.MergeCart(merge)
    assert await news() == ["CartChanged", "CartMerged"]
    hold = await shop.hold((promotion, coupon))
    for _ in range(2):
        await shop.redeem(hold.name)
    assert await news() == ["CouponHoldChanged", "CouponHoldChanged"]

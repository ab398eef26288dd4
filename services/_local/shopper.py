"""A shopper's story, as `make demo` tells it: all through the edge, as JSON, on the mesh that runs."""

import uuid
from typing import Any

from services._local import people
from services._local.edge import Edge
from services._local.layout import Layout, MeshError, read_json, say

_CONFLICT = 409
_WAIT = "20s"
MUG, TEA, POST = "products/terracotta-mug", "products/masala-chai", "products/parcel"
_PRICES = {MUG: 1250, TEA: 790, POST: 495}


def tell(layout: Layout) -> None:
    """Fills a cart, checks it out three times, and prints what came of it.

    Raises `MeshError` when the mesh does not run, or refuses what it should not.
    """
    url = read_json(layout.endpoints, {}).get("edge")
    if not url:
        raise MeshError("the mesh does not run; `make up` starts it")
    edge = people.welcome(url, layout.credentials)
    _open_shop(edge)

    say("A guest fills a cart, signs in, and the cart comes along.")
    guest = Edge(url).post("/v1/carts", {"currencyCode": "EUR"})
    edge_of_guest = edge.guest(guest["cartToken"])
    name = guest["cart"]["name"]
    Edge(url).guest(guest["cartToken"]).post(f"/v1/{name}:addLine", {"product": MUG, "quantity": 3})
    own = _cart(edge)
    merged = edge_of_guest.post(f"/v1/{own}:merge", {"sourceCart": name})
    for line in merged["lines"]:
        say(f"    {line['guestQuantity']} x {line['product']}: {line['fate'].removeprefix('MERGE_FATE_')}")
    edge.post(f"/v1/{own}:addLine", {"product": TEA, "quantity": 2})
    edge.post(f"/v1/{own}:applyCoupon", {"coupon": "coupons/WELCOME"})

    say("\nWhat it costs, and why:")
    for verdict in edge.get(f"/v1/{own}:explainPromotions")["verdicts"]:
        outcome = verdict["outcome"].removeprefix("PROMOTION_OUTCOME_")
        say(f"    {verdict['promotion']}: {outcome} {_money(verdict.get('amount'))} {verdict.get('detail', '')}")
    quote = _quote(edge, own)
    say(f"    to pay: {_money(quote['total'])}, {_money(quote['discount'])} of it taken off")

    say("\nA card that is declined:")
    _tell(edge, _check_out(edge, own, "tok_decline"))
    say("\nAnother card, whose provider does not answer in time:")
    _tell(edge, _check_out(edge, own, "tok_timeout_then_approve"))
    say("\nA cart that is checked out with a card that works:")
    other = _cart(edge)
    edge.post(f"/v1/{other}:addLine", {"product": TEA, "quantity": 1})
    _tell(edge, _check_out(edge, other, "tok_approve"))


def _open_shop(edge: Edge) -> None:
    for product, minor in _PRICES.items():
        id_ = f"{product.partition('/')[2]}-eur"
        amount = {"currencyCode": "EUR", "units": str(minor // 100), "nanos": minor % 100 * 10**7}
        edge.post(f"/v1/prices?priceId={id_}", {"product": product, "amount": amount}, accept=_CONFLICT)
    welcome = {"displayName": "Welcome", "needsCoupon": True, "percentageOff": {"basisPoints": 1000}}
    edge.post("/v1/promotions?promotionId=welcome", welcome, accept=_CONFLICT)
    edge.post("/v1/coupons?couponId=WELCOME", {"promotion": "promotions/welcome"}, accept=_CONFLICT)
    free = {
        "displayName": "Free parcel from 40",
        "condition": "cart.subtotal.units >= 40",
        "freeShipping": {},
    }
    edge.post("/v1/promotions?promotionId=free-parcel", free, accept=_CONFLICT)


def _cart(edge: Edge) -> str:
    made = edge.post("/v1/carts", {"currencyCode": "EUR", "shippingProduct": POST})
    return str(made["cart"]["name"])


def _quote(edge: Edge, cart: str) -> dict[str, Any]:
    return dict(edge.post(f"/v1/{cart}:quote", {})["cart"]["quote"])


def _check_out(edge: Edge, cart: str, method: str) -> dict[str, Any]:
    body = {"quoteId": _quote(edge, cart)["quoteId"], "paymentMethod": method, "requestId": str(uuid.uuid4())}
    return edge.post(f"/v1/{cart}:checkout", {**body, "wait": _WAIT})


def _tell(edge: Edge, checkout: dict[str, Any]) -> None:
    state = checkout["state"].removeprefix("CHECKOUT_STATE_")
    say(f"  {checkout['name']} -> {state} {checkout.get('error', {}).get('message', '')}")
    saga = edge.get(f"/v1/{checkout['saga']}")
    for moment in saga["timeline"]:
        what = moment["type"].removeprefix("SAGA_TRANSITION_TYPE_")
        say(f"    {moment['transitionTime'][11:23]}  {what:<18} {moment.get('step', '')}")
    if state == "COMPLETED":
        order = edge.get(f"/v1/{checkout['order']}")
        say(f"    {order['name']}: {order['state'].removeprefix('ORDER_STATE_')}, {_money(order['totalAmount'])}")


def _money(amount: dict[str, Any] | None) -> str:
    if amount is None:
        return ""
    return f"{int(amount.get('units', 0))}.{amount.get('nanos', 0) // 10**7:02} {amount['currencyCode']}"

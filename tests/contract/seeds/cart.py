"""Seeds of cart."""

import uuid
from dataclasses import replace

from tests.contract.callers import ANONYMOUS
from tests.contract.outcome import Json, Metadata
from tests.contract.seeds import inventory
from tests.contract.seeds.api import Api

PACKAGE = "mesh.cart.v1"

_EUROS = {"currency_code": "EUR", "units": 5}
_QUIET = "tok_webhook_never"
"""A means of payment that approves and sends no webhooks: these would write while the laws count what is written."""
_GUEST = "guest"


def stocked(api: Api) -> str:
    """A product that inventory has plenty of, with a price."""
    return str(api.kept("stocked", _stocked))


def _stocked(api: Api) -> str:
    product = str(inventory.level(replace(api, package=inventory.PACKAGE))["product"])
    api("PriceService/CreatePrice", price={"product": product, "amount": _EUROS})
    return product


def new_price(api: Api) -> Json:
    return {"product": f"products/{api.unique('mug')}", "amount": _EUROS, "tags": ["mugs"]}


def price(api: Api) -> str:
    return str(api("PriceService/CreatePrice", price=new_price(api))["name"])


def new_promotion(api: Api) -> Json:
    """Given to nobody without a coupon, so that the carts of other laws cost the same."""
    return {
        "display_name": api.unique("Summer"),
        "condition": "cart.subtotal.units >= 1",
        "percentage_off": {"basis_points": 1_000},
        "needs_coupon": True,
    }


def promotion(api: Api) -> str:
    return str(api("PromotionService/CreatePromotion", promotion=new_promotion(api))["name"])


def code(api: Api) -> str:
    return api.unique("SUMMER").upper()


def new_coupon(api: Api) -> Json:
    return api("CouponService/CreateCoupon", coupon_id=code(api), coupon={"promotion": promotion(api)})


def coupon(api: Api) -> str:
    return str(new_coupon(api)["name"])


def new_cart(api: Api) -> Json:
    return {"currency_code": "EUR"}


def filled(api: Api) -> Json:
    """A cart with a line and a coupon."""
    name = api("CartService/CreateCart", cart=new_cart(api))["cart"]["name"]
    api("CartService/AddCartLine", name=name, product=stocked(api), quantity=1)
    return api("CartService/ApplyCoupon", name=name, coupon=api.kept("coupon", coupon))


def cart(api: Api) -> str:
    return str(filled(api)["name"])


def line(api: Api) -> Json:
    return {"name": cart(api), "product": stocked(api), "quantity": 2}


def quoted(api: Api) -> Json:
    return dict(api("CartService/QuoteCart", name=cart(api))["cart"])


def checkout_of_quoted(api: Api) -> Json:
    """Waits until the checkout has ended: what its saga does later would be taken for what other calls write."""
    made = quoted(api)
    accepted = {"name": made["name"], "quote_id": made["quote"]["quote_id"]}
    return {**accepted, "payment_method": _QUIET, "wait": "30s"}


def new_checkout(api: Api) -> Json:
    made = quoted(api)
    bound = {"cart": made["name"], "quote_id": made["quote"]["quote_id"], "customer": made["owner"]}
    return {"name": f"checkouts/{uuid.uuid4()}", **bound}


def begun(api: Api) -> Json:
    """A checkout that a cart is bound to."""
    made = new_checkout(api)
    api("CheckoutService/BeginCheckout", **made)
    return {"name": made["name"], "cart": made["cart"]}


def to_be_completed(api: Api) -> Json:
    made = begun(api)
    return {**made, "order": made["name"].replace("checkouts", "orders")}


def guest(api: Api) -> Metadata:
    """The usual caller, with the token of a guest's cart that is kept for the request."""
    made = api.by(ANONYMOUS)("CartService/CreateCart", cart=new_cart(api))
    token = (("cart-token", made["cart_token"]),)
    name = api.memory[_GUEST] = made["cart"]["name"]
    api.by(token)("CartService/AddCartLine", name=name, product=stocked(api), quantity=1)
    return (*api.caller(api.subject.rpcs[f"{PACKAGE}.CartService/MergeCart"]), *token)


def new_hold(api: Api) -> Json:
    made = new_coupon(api)
    redemption = {"promotion": made["promotion"], "coupon": made["name"]}
    return {"name": f"couponHolds/{uuid.uuid4()}", "customer": "users/ada", "redemptions": [redemption]}


def coupon_hold(api: Api) -> str:
    return str(api("CouponHoldService/HoldCoupons", **new_hold(api))["name"])


RESOURCES = {
    "mesh/Cart": cart,
    "mesh/Checkout": lambda api: begun(api)["name"],
    "mesh/Coupon": coupon,
    "mesh/CouponHold": coupon_hold,
    "mesh/Price": price,
    "mesh/Promotion": promotion,
}

REQUESTS = {
    "CartService/CreateCart": {"cart": new_cart},
    "CartService/GetCart": {"name": cart},
    "CartService/ListCarts": {},
    "CartService/UpdateCart": {"cart": {"name": cart, "shipping_product": "products/post"}},
    "CartService/AddCartLine": line,
    "CartService/SetCartLine": line,
    "CartService/RemoveCartLine": {"name": cart, "product": stocked},
    "CartService/ApplyCoupon": {"name": cart, "coupon": coupon},
    "CartService/RemoveCoupon": {"name": cart, "coupon": lambda api: api.kept("coupon", coupon)},
    "CartService/MergeCart": {"name": cart, "source_cart": lambda api: api.memory[_GUEST]},
    "CartService/QuoteCart": {"name": cart},
    "CartService/ExplainPromotions": {"name": cart},
    "CheckoutService/CheckoutCart": checkout_of_quoted,
    "CheckoutService/BeginCheckout": new_checkout,
    "CheckoutService/AbandonCheckout": begun,
    "CheckoutService/CompleteCheckout": to_be_completed,
    "CouponHoldService/HoldCoupons": new_hold,
    "CouponHoldService/ReleaseCoupons": {"name": coupon_hold},
    "CouponHoldService/RedeemCoupons": {"name": coupon_hold},
    "CouponHoldService/GetCouponHold": {"name": coupon_hold},
    "CouponService/CreateCoupon": {"coupon_id": code, "coupon": {"promotion": promotion}},
    "CouponService/GetCoupon": {"name": coupon},
    "CouponService/ListCoupons": {},
    "CouponService/UpdateCoupon": {"coupon": {"name": coupon, "redemption_limit": 20}},
    "PriceService/CreatePrice": {"price": new_price},
    "PriceService/GetPrice": {"name": price},
    "PriceService/ListPrices": {},
    "PriceService/UpdatePrice": {"price": {"name": price, "tags": ["clearance"]}},
    "PromotionService/CreatePromotion": {"promotion": new_promotion},
    "PromotionService/GetPromotion": {"name": promotion},
    "PromotionService/ListPromotions": {},
    "PromotionService/UpdatePromotion": {"promotion": {"name": promotion, "display_name": "Winter"}},
}

CALLERS = {"CartService/MergeCart": guest}

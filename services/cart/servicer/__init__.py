"""The RPCs of cart: each turns a message into a decision of the domain, and what came of it into a message."""

from services.cart.servicer.carts import Carts
from services.cart.servicer.checkouts import Checkouts
from services.cart.servicer.coupon_holds import CouponHolds
from services.cart.servicer.coupons import Coupons
from services.cart.servicer.prices import Prices
from services.cart.servicer.promotions import Promotions

__all__ = ["Carts", "Checkouts", "CouponHolds", "Coupons", "Prices", "Promotions"]

"""How cart says no about what is offered: prices, promotions, coupons and holds of them. The reasons are those of
`mesh.cart.v1.ErrorReason`.
"""

from services._platform.errors import AlreadyExists, FailedPrecondition, NotFound


class PriceNotFound(NotFound):
    """No such price."""

    reason = "PRICE_NOT_FOUND"

    def __init__(self, price: str) -> None:
        super().__init__(f"there is no price {price}", metadata={"price": f"prices/{price}"})


class PriceExists(AlreadyExists):
    """The price id is taken."""

    reason = "PRICE_EXISTS"

    def __init__(self, price: str) -> None:
        super().__init__(f"there is a price {price} already", metadata={"price": f"prices/{price}"})


class PromotionNotFound(NotFound):
    """No such promotion."""

    reason = "PROMOTION_NOT_FOUND"

    def __init__(self, promotion: str) -> None:
        super().__init__(f"there is no promotion {promotion}", metadata={"promotion": f"promotions/{promotion}"})


class PromotionExists(AlreadyExists):
    """The promotion id is taken."""

    reason = "PROMOTION_EXISTS"

    def __init__(self, promotion: str) -> None:
        super().__init__(f"there is a promotion {promotion} already", metadata={"promotion": f"promotions/{promotion}"})


class CouponNotFound(NotFound):
    """No such coupon."""

    reason = "COUPON_NOT_FOUND"

    def __init__(self, coupon: str) -> None:
        super().__init__(f"there is no coupon {coupon}", metadata={"coupon": f"coupons/{coupon}"})


class CouponExists(AlreadyExists):
    """The code is taken."""

    reason = "COUPON_EXISTS"

    def __init__(self, coupon: str) -> None:
        super().__init__(f"there is a coupon {coupon} already", metadata={"coupon": f"coupons/{coupon}"})


class CouponExpired(FailedPrecondition):
    """The coupon holds no more."""

    reason = "COUPON_EXPIRED"

    def __init__(self, coupon: str) -> None:
        super().__init__(f"{coupon} holds no more", metadata={"coupon": f"coupons/{coupon}"})


class RedemptionLimitReached(FailedPrecondition):
    """A promotion or a coupon is used as often as it may be."""

    reason = "REDEMPTION_LIMIT_REACHED"

    def __init__(self, limited: str, limit: int) -> None:
        super().__init__(
            f"{limited} may be redeemed {limit} times, and is", metadata={"limited": limited, "limit": limit}
        )


class CustomerLimitReached(FailedPrecondition):
    """The customer used a promotion as often as one may, or is a guest."""

    reason = "CUSTOMER_LIMIT_REACHED"

    def __init__(self, promotion: str, customer: str, limit: int) -> None:
        super().__init__(
            f"a customer may redeem {promotion} {limit} times",
            metadata={"promotion": f"promotions/{promotion}", "customer": customer, "limit": limit},
        )


class CouponHoldNotFound(NotFound):
    """No such hold."""

    reason = "COUPON_HOLD_NOT_FOUND"

    def __init__(self, hold: str) -> None:
        super().__init__(f"there is no hold {hold}", metadata={"couponHold": f"couponHolds/{hold}"})


class CouponHoldClosed(FailedPrecondition):
    """The hold is in a state that does not allow this."""

    reason = "COUPON_HOLD_CLOSED"

    def __init__(self, hold: str, state: str, allowed: str) -> None:
        super().__init__(
            f"the hold is {state}, it would have to be {allowed}",
            metadata={"couponHold": f"couponHolds/{hold}", "state": state, "allowed": allowed},
        )


class CouponHoldMismatch(FailedPrecondition):
    """The hold is of something else."""

    reason = "COUPON_HOLD_MISMATCH"

    def __init__(self, hold: str) -> None:
        super().__init__("the hold was made for something else", metadata={"couponHold": f"couponHolds/{hold}"})

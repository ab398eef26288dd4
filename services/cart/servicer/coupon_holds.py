"""The RPCs that hold redemptions for checkouts."""

from mesh.cart.v1 import coupon_hold_pb2, coupon_hold_service_pb2
from mesh.cart.v1.coupon_hold_service_servicer import CouponHoldServiceServicer
from services._platform.call import Call, Once
from services._platform.clock import Clock
from services.cart.convert import coupons
from services.cart.convert.names import COUPON_HOLD
from services.cart.domain.holds import Hold
from services.cart.store.holds import Holds


class CouponHolds(CouponHoldServiceServicer[Call]):
    """`mesh.cart.v1.CouponHoldService`."""

    def __init__(self, store: Holds, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def HoldCoupons(
        self, request: coupon_hold_service_pb2.HoldCouponsRequest, call: Call, /
    ) -> coupon_hold_pb2.CouponHold:
        wanted = coupons.redemptions(request.redemptions)
        id_, now = COUPON_HOLD.id(request.name), self._clock()
        return await self._store.hold(coupons.new_hold(id_, now, request.ttl, request.customer, wanted), _once(call))

    async def ReleaseCoupons(
        self, request: coupon_hold_service_pb2.ReleaseCouponsRequest, call: Call, /
    ) -> coupon_hold_pb2.CouponHold:
        return await self._store.release(self._never(request.name), _once(call))

    async def RedeemCoupons(
        self, request: coupon_hold_service_pb2.RedeemCouponsRequest, call: Call, /
    ) -> coupon_hold_pb2.CouponHold:
        return await self._store.redeem(self._never(request.name), _once(call))

    async def GetCouponHold(
        self, request: coupon_hold_service_pb2.GetCouponHoldRequest, call: Call, /
    ) -> coupon_hold_pb2.CouponHold:
        return coupons.hold(await self._store.get(COUPON_HOLD.id(request.name)))

    def _never(self, name: str) -> Hold:
        return coupons.never(COUPON_HOLD.id(name), self._clock())


def _once(call: Call) -> Once[Hold, coupon_hold_pb2.CouponHold]:
    return call.once(coupon_hold_pb2.CouponHold, coupons.hold)

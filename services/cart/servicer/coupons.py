"""The RPCs of coupons."""

from mesh.cart.v1 import coupon_pb2, coupon_service_pb2
from mesh.cart.v1.coupon_service_servicer import CouponServiceServicer
from services._platform import filters, masks
from services._platform.call import Call
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.cart.convert import coupons
from services.cart.convert.names import COUPON
from services.cart.domain.promotions import Coupon
from services.cart.store.promotions import Promotions as Store

_FIELDS = {"promotion": EQUALITY}


class Coupons(CouponServiceServicer[Call]):
    """`mesh.cart.v1.CouponService`."""

    def __init__(self, store: Store, pager: Pager) -> None:
        self._store = store
        self._pager = pager

    async def CreateCoupon(self, request: coupon_service_pb2.CreateCouponRequest, call: Call, /) -> coupon_pb2.Coupon:
        coupon = coupons.to_coupon(request.coupon_id, request.coupon)
        return await self._store.create_coupon(coupon, call.once(coupon_pb2.Coupon, coupons.coupon))

    async def GetCoupon(self, request: coupon_service_pb2.GetCouponRequest, call: Call, /) -> coupon_pb2.Coupon:
        return coupons.coupon(await self._store.coupon(COUPON.id(request.name)))

    async def ListCoupons(
        self, request: coupon_service_pb2.ListCouponsRequest, call: Call, /
    ) -> coupon_service_pb2.ListCouponsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.coupons(filters.parse(request.filter, _FIELDS), page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda coupon: (coupon.code,))
        return coupon_service_pb2.ListCouponsResponse(coupons=map(coupons.coupon, shown), next_page_token=token)

    async def UpdateCoupon(self, request: coupon_service_pb2.UpdateCouponRequest, call: Call, /) -> coupon_pb2.Coupon:
        def change(before: Coupon) -> Coupon:
            after = masks.changed(coupons.coupon(before), request.coupon, request.update_mask, "coupon")
            return coupons.to_coupon(before.code, after)

        once = call.once(coupon_pb2.Coupon, coupons.coupon)
        return await self._store.change_coupon(COUPON.id(request.coupon.name), change, once)

"""The RPCs of promotions."""

import uuid_utils

from mesh.cart.v1 import promotion_pb2, promotion_service_pb2
from mesh.cart.v1.promotion_service_servicer import PromotionServiceServicer
from services._platform import filters, masks
from services._platform.call import Call
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.cart.convert import promotions
from services.cart.convert.matching import Matching
from services.cart.convert.names import PROMOTION
from services.cart.domain.promotions import Promotion
from services.cart.store.promotions import Promotions as Store

_FIELDS = {"group": EQUALITY}


class Promotions(PromotionServiceServicer[Call]):
    """`mesh.cart.v1.PromotionService`."""

    def __init__(self, store: Store, matching: Matching, pager: Pager) -> None:
        self._store = store
        self._matching = matching
        self._pager = pager

    async def CreatePromotion(
        self, request: promotion_service_pb2.CreatePromotionRequest, call: Call, /
    ) -> promotion_pb2.Promotion:
        id_ = request.promotion_id or str(uuid_utils.uuid7())
        promotion = self._matching.check(promotions.to_promotion(id_, request.promotion))
        once = call.once(promotion_pb2.Promotion, promotions.promotion)
        return await self._store.create_promotion(promotion, once)

    async def GetPromotion(
        self, request: promotion_service_pb2.GetPromotionRequest, call: Call, /
    ) -> promotion_pb2.Promotion:
        return promotions.promotion(await self._store.promotion(PROMOTION.id(request.name)))

    async def ListPromotions(
        self, request: promotion_service_pb2.ListPromotionsRequest, call: Call, /
    ) -> promotion_service_pb2.ListPromotionsResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.promotions(filters.parse(request.filter, _FIELDS), page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda promotion: (promotion.id,))
        return promotion_service_pb2.ListPromotionsResponse(
            promotions=map(promotions.promotion, shown), next_page_token=token
        )

    async def UpdatePromotion(
        self, request: promotion_service_pb2.UpdatePromotionRequest, call: Call, /
    ) -> promotion_pb2.Promotion:
        def change(before: Promotion) -> Promotion:
            after = masks.changed(promotions.promotion(before), request.promotion, request.update_mask, "promotion")
            return self._matching.check(promotions.to_promotion(before.id, after))

        once = call.once(promotion_pb2.Promotion, promotions.promotion)
        return await self._store.change_promotion(PROMOTION.id(request.promotion.name), change, once)

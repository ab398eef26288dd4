"""The RPCs of levels, adjustments and the ledger."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator

from mesh.inventory.v1 import event_pb2, stock_pb2, stock_service_pb2
from mesh.inventory.v1.stock_service_servicer import StockServiceServicer
from services._platform import filters
from services._platform.call import Call
from services._platform.changes import Changes
from services._platform.errors import InvalidArgument, Refusal
from services._platform.filters import EQUALITY, ORDER
from services._platform.paging import Pager
from services._platform.times import instant
from services.inventory.convert import names, stock
from services.inventory.domain.commands import AdjustMany, SetThresholds
from services.inventory.store.stock import Stock as Store

_FIELDS = {"warehouse": EQUALITY, "available": ORDER, "on_hand": ORDER, "reserved": ORDER}
_THRESHOLDS = ("min_stock_level", "max_stock_level")
_IMPORT_TOGETHER = 256
_REFUSALS_TOLD = 100


class StockLevels(StockServiceServicer[Call]):
    """`mesh.inventory.v1.StockService`."""

    def __init__(self, store: Store, changes: Changes[event_pb2.StockChanged], pager: Pager) -> None:
        self._store = store
        self._changes = changes
        self._pager = pager

    async def GetStock(self, request: stock_service_pb2.GetStockRequest, call: Call, /) -> stock_pb2.Stock:
        product = names.STOCK.id(request.name)
        at = instant(request.read_time) if request.HasField("read_time") else None
        return stock.stock(product, *await self._store.levels(product, at))

    async def ListStockLevels(
        self, request: stock_service_pb2.ListStockLevelsRequest, call: Call, /
    ) -> stock_service_pb2.ListStockLevelsResponse:
        page = self._pager.page(request, default=100, most=1000)
        product = names.PRODUCT.id(request.parent).removeprefix("-")
        filter_ = filters.parse(request.filter, _FIELDS)
        found = await self._store.all_levels(product, filter_, page.after, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda level: level.key)
        return stock_service_pb2.ListStockLevelsResponse(stock_levels=map(stock.level, shown), next_page_token=token)

    async def UpdateStockLevel(
        self, request: stock_service_pb2.UpdateStockLevelRequest, call: Call, /
    ) -> stock_pb2.StockLevel:
        level = request.stock_level
        product, warehouse = names.LEVEL.ids(level.name)
        command = SetThresholds(
            product=product,
            warehouse=warehouse,
            write=_named_thresholds(request),
            minimum=level.min_stock_level if level.HasField("min_stock_level") else None,
            maximum=level.max_stock_level if level.HasField("max_stock_level") else None,
        )
        return await self._store.change(command, call.once(stock_pb2.StockLevel, stock.level))

    async def AdjustStock(self, request: stock_service_pb2.AdjustStockRequest, call: Call, /) -> stock_pb2.StockLevel:
        adjust = stock.to_adjust(request, call.principal.name)
        return await self._store.change(adjust, call.once(stock_pb2.StockLevel, stock.level))

    async def BatchAdjustStock(
        self, request: stock_service_pb2.BatchAdjustStockRequest, call: Call, /
    ) -> stock_service_pb2.BatchAdjustStockResponse:
        adjustments = tuple(stock.to_adjust(one, call.principal.name) for one in request.adjustments)
        once = call.once(stock_service_pb2.BatchAdjustStockResponse, stock.batch)
        return await self._store.change(AdjustMany(adjustments, request.atomic), once)

    async def ImportAdjustments(
        self, requests: AsyncIterator[stock_service_pb2.ImportAdjustmentsRequest], call: Call, /
    ) -> stock_service_pb2.ImportAdjustmentsResponse:
        response = stock_service_pb2.ImportAdjustmentsResponse()
        batch: list[stock_service_pb2.ImportAdjustmentsRequest] = []
        async for request in requests:
            batch.append(request)
            if len(batch) == _IMPORT_TOGETHER:
                await self._import(batch, call, response)
                batch.clear()
        await self._import(batch, call, response)
        return response

    async def _import(
        self,
        batch: list[stock_service_pb2.ImportAdjustmentsRequest],
        call: Call,
        response: stock_service_pb2.ImportAdjustmentsResponse,
    ) -> None:
        changes = (
            self._store.change(
                stock.to_adjust(one.adjustment, call.principal.name),
                call.once(stock_pb2.StockLevel, stock.level, one),
            )
            for one in batch
        )
        start = response.adjusted_count + response.refused_count
        for place, outcome in enumerate(await asyncio.gather(*changes, return_exceptions=True), start):
            if not isinstance(outcome, BaseException):
                response.adjusted_count += 1
            elif isinstance(outcome, Refusal):
                response.refused_count += 1
                if len(response.refusals) < _REFUSALS_TOLD:
                    response.refusals.add(index=place, refusal=stock.refusal(outcome))
            else:
                raise outcome

    async def ListStockMovements(
        self, request: stock_service_pb2.ListStockMovementsRequest, call: Call, /
    ) -> stock_service_pb2.ListStockMovementsResponse:
        page = self._pager.page(request, default=100, most=1000)
        found = await self._store.movements(names.PRODUCT.id(request.parent), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda line: (line.id,))
        return stock_service_pb2.ListStockMovementsResponse(
            stock_movements=map(stock.movement, shown), next_page_token=token
        )

    async def VerifyStock(
        self, request: stock_service_pb2.VerifyStockRequest, call: Call, /
    ) -> stock_service_pb2.VerifyStockResponse:
        drifts, checked = await self._store.verify(request.product.removeprefix("products/"))
        return stock_service_pb2.VerifyStockResponse(drifts=map(stock.drift, drifts), checked_count=checked)

    async def RepairStock(
        self, request: stock_service_pb2.RepairStockRequest, call: Call, /
    ) -> stock_service_pb2.RepairStockResponse:
        once = call.once(stock_service_pb2.RepairStockResponse, stock.repaired)
        return await self._store.repair(request.product.removeprefix("products/"), once)

    async def WatchStock(
        self, request: stock_service_pb2.WatchStockRequest, call: Call, /
    ) -> AsyncGenerator[stock_service_pb2.WatchStockResponse, None]:
        products = frozenset(request.products)

        def wanted(changed: event_pb2.StockChanged) -> bool:
            return not products or changed.stock_level.product in products

        async for changed, token in self._changes.follow(request.resume_token, wanted):
            level = None if changed is None else changed.stock_level
            yield stock_service_pb2.WatchStockResponse(stock_level=level, resume_token=token)


def _named_thresholds(request: stock_service_pb2.UpdateStockLevelRequest) -> frozenset[str]:
    paths = list(request.update_mask.paths)
    if paths == ["*"]:
        return frozenset(_THRESHOLDS)
    for path in paths:
        if path not in _THRESHOLDS:
            raise InvalidArgument.of("update_mask", f"{path!r} may not be written")
    given = {field.name for field, _ in request.stock_level.ListFields()}
    return frozenset(paths or given.intersection(_THRESHOLDS))

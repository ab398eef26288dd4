"""The warehouses' RPCs."""

import uuid_utils

from mesh.inventory.v1 import warehouse_pb2, warehouse_service_pb2
from mesh.inventory.v1.warehouse_service_servicer import WarehouseServiceServicer
from services._platform import masks
from services._platform.call import Call
from services._platform.paging import Pager
from services.inventory.convert import catalogue, names
from services.inventory.domain.catalogue import Warehouse
from services.inventory.store.catalogue import Catalogue


class Warehouses(WarehouseServiceServicer[Call]):
    """`mesh.inventory.v1.WarehouseService`."""

    def __init__(self, store: Catalogue, pager: Pager) -> None:
        self._store = store
        self._pager = pager

    async def CreateWarehouse(
        self, request: warehouse_service_pb2.CreateWarehouseRequest, call: Call, /
    ) -> warehouse_pb2.Warehouse:
        id_ = request.warehouse_id or str(uuid_utils.uuid7())
        warehouse = catalogue.to_warehouse(id_, request.warehouse)
        return await self._store.create_warehouse(warehouse, call.once(warehouse_pb2.Warehouse, catalogue.warehouse))

    async def GetWarehouse(
        self, request: warehouse_service_pb2.GetWarehouseRequest, call: Call, /
    ) -> warehouse_pb2.Warehouse:
        return catalogue.warehouse(await self._store.warehouse(names.WAREHOUSE.id(request.name)))

    async def ListWarehouses(
        self, request: warehouse_service_pb2.ListWarehousesRequest, call: Call, /
    ) -> warehouse_service_pb2.ListWarehousesResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.warehouses(page.key or "", page.limit)
        shown, token = self._pager.cut(request, page, found, lambda warehouse: (warehouse.id,))
        return warehouse_service_pb2.ListWarehousesResponse(
            warehouses=map(catalogue.warehouse, shown), next_page_token=token
        )

    async def UpdateWarehouse(
        self, request: warehouse_service_pb2.UpdateWarehouseRequest, call: Call, /
    ) -> warehouse_pb2.Warehouse:
        def change(before: Warehouse) -> Warehouse:
            after = masks.changed(catalogue.warehouse(before), request.warehouse, request.update_mask, "warehouse")
            return catalogue.to_warehouse(before.id, after)

        once = call.once(warehouse_pb2.Warehouse, catalogue.warehouse)
        return await self._store.change_warehouse(names.WAREHOUSE.id(request.warehouse.name), change, once)

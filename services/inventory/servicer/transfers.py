"""The RPCs that move stock between warehouses."""

import uuid_utils

from mesh.inventory.v1 import transfer_pb2, transfer_service_pb2
from mesh.inventory.v1.transfer_service_servicer import TransferServiceServicer
from services._platform import filters
from services._platform.call import Call
from services._platform.filters import EQUALITY
from services._platform.paging import Pager
from services.inventory.convert import names, transfers
from services.inventory.domain.commands import Command, Dispatch, Recall, Receive
from services.inventory.domain.transfers import Transfer
from services.inventory.store.stock import Stock
from services.inventory.store.transfers import Transfers as Store

_FIELDS = {"state": EQUALITY, "source_warehouse": EQUALITY, "destination_warehouse": EQUALITY}


class Transfers(TransferServiceServicer[Call]):
    """`mesh.inventory.v1.TransferService`."""

    def __init__(self, stock: Stock, store: Store, pager: Pager) -> None:
        self._stock = stock
        self._store = store
        self._pager = pager

    async def CreateTransfer(
        self, request: transfer_service_pb2.CreateTransferRequest, call: Call, /
    ) -> transfer_pb2.Transfer:
        dispatch = Dispatch(
            id=str(uuid_utils.uuid7()),
            source=names.WAREHOUSE.id(request.source_warehouse),
            destination=names.WAREHOUSE.id(request.destination_warehouse),
            lines=transfers.lines(request.lines),
            note=request.note,
            actor=call.principal.name,
        )
        return await self._change(dispatch, call)

    async def GetTransfer(
        self, request: transfer_service_pb2.GetTransferRequest, call: Call, /
    ) -> transfer_pb2.Transfer:
        return transfers.transfer(await self._store.get(names.TRANSFER.id(request.name)))

    async def ListTransfers(
        self, request: transfer_service_pb2.ListTransfersRequest, call: Call, /
    ) -> transfer_service_pb2.ListTransfersResponse:
        page = self._pager.page(request, default=50, most=250)
        found = await self._store.page(filters.parse(request.filter, _FIELDS), page.key, page.limit)
        shown, token = self._pager.cut(request, page, found, lambda transfer: (transfer.id,))
        return transfer_service_pb2.ListTransfersResponse(
            transfers=map(transfers.transfer, shown), next_page_token=token
        )

    async def ReceiveTransfer(
        self, request: transfer_service_pb2.ReceiveTransferRequest, call: Call, /
    ) -> transfer_pb2.Transfer:
        receipts = transfers.receipts(request.receipts)
        id_ = names.TRANSFER.id(request.name)
        return await self._change(Receive(id_, receipts, request.final, call.principal.name), call)

    async def CancelTransfer(
        self, request: transfer_service_pb2.CancelTransferRequest, call: Call, /
    ) -> transfer_pb2.Transfer:
        return await self._change(Recall(names.TRANSFER.id(request.name), call.principal.name), call)

    async def _change(self, command: Command[Transfer], call: Call) -> transfer_pb2.Transfer:
        return await self._stock.change(command, call.once(transfer_pb2.Transfer, transfers.transfer))

"""Stories of transfers, over the wire."""

import uuid

from mesh.inventory.v1 import transfer_pb2
from mesh.inventory.v1.stock_service_pb2 import GetStockRequest
from mesh.inventory.v1.transfer_service_pb2 import (
    CancelTransferRequest,
    CreateTransferRequest,
    GetTransferRequest,
    ListTransfersRequest,
    ReceiveTransferRequest,
    TransferReceipt,
)
from tests.inventory.conftest import Inventory, refused

IN_TRANSIT = transfer_pb2.TRANSFER_STATE_IN_TRANSIT
PARTIALLY_RECEIVED = transfer_pb2.TRANSFER_STATE_PARTIALLY_RECEIVED
RECEIVED = transfer_pb2.TRANSFER_STATE_RECEIVED
CANCELLED = transfer_pb2.TRANSFER_STATE_CANCELLED


async def test_under_way_stock_is_on_neither_shelf(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    other = await inventory.warehouse("other")
    transfer = await _send(inventory, mug, main, other, 4)
    assert transfer.state == IN_TRANSIT
    assert await _levels(inventory, mug) == {"main": (6, 0, 0), "other": (0, 4, 0)}
    assert (await refused(inventory.reserve((mug, 7)))).reason == "OUT_OF_STOCK"
    received = await inventory.transfers.ReceiveTransfer(ReceiveTransferRequest(name=transfer.name))
    assert received.state == RECEIVED
    assert await _levels(inventory, mug) == {"main": (6, 0, 0), "other": (4, 0, 0)}
    await inventory.assert_balanced()


async def test_parts_damage_and_loss(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    other = await inventory.warehouse("other")
    transfer = await _send(inventory, mug, main, other, 8)
    part = ReceiveTransferRequest(
        name=transfer.name,
        receipts=[TransferReceipt(product=mug, quantity=3, damaged_quantity=1)],
        request_id=str(uuid.uuid4()),
    )
    after = await inventory.transfers.ReceiveTransfer(part)
    assert after.state == PARTIALLY_RECEIVED
    assert await inventory.transfers.ReceiveTransfer(part) == after
    assert await _levels(inventory, mug) == {"main": (2, 0, 0), "other": (3, 4, 1)}
    too_much = ReceiveTransferRequest(name=transfer.name, receipts=[TransferReceipt(product=mug, quantity=5)])
    refusal = await refused(inventory.transfers.ReceiveTransfer(too_much))
    assert (refusal.reason, refusal.metadata["arrived"], refusal.metadata["underWay"]) == (
        "TRANSFER_EXCEEDED",
        "5",
        "4",
    )
    refusal = await refused(inventory.transfers.CancelTransfer(CancelTransferRequest(name=transfer.name)))
    assert (refusal.reason, refusal.metadata["allowed"]) == ("TRANSFER_CLOSED", "IN_TRANSIT")
    closed = await inventory.transfers.ReceiveTransfer(
        ReceiveTransferRequest(name=transfer.name, receipts=[TransferReceipt(product=mug, quantity=1)], final=True)
    )
    [line] = closed.lines
    assert closed.state == RECEIVED
    assert (line.quantity, line.received_quantity, line.damaged_quantity, line.missing_quantity) == (8, 4, 1, 3)
    assert await _levels(inventory, mug) == {"main": (2, 0, 0), "other": (4, 0, 1)}
    refusal = await refused(inventory.transfers.ReceiveTransfer(ReceiveTransferRequest(name=transfer.name)))
    assert refusal.reason == "TRANSFER_CLOSED"
    await inventory.assert_balanced()


async def test_a_transfer_can_be_called_back(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    other = await inventory.warehouse("other")
    transfer = await _send(inventory, mug, main, other, 8)
    cancelled = await inventory.transfers.CancelTransfer(CancelTransferRequest(name=transfer.name))
    assert cancelled.state == CANCELLED
    assert await _levels(inventory, mug) == {"main": (10, 0, 0), "other": (0, 0, 0)}
    await inventory.assert_balanced()


async def test_transfers_that_are_refused(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    other = await inventory.warehouse("other")
    cup = await inventory.product("cup")
    line = transfer_pb2.TransferLine(product=mug, quantity=8)
    lines = [line, transfer_pb2.TransferLine(product=cup, quantity=1)]
    request = CreateTransferRequest(source_warehouse=main, destination_warehouse=other, lines=lines)
    assert (await refused(inventory.transfers.CreateTransfer(request))).reason == "INSUFFICIENT_STOCK"
    assert await inventory.totals(mug) == (10, 0, 10)
    assert (await refused(_send(inventory, mug, main, main, 1))).fields == ["destination_warehouse"]
    assert (await refused(_send(inventory, mug, main, "warehouses/none", 1))).reason == "WAREHOUSE_NOT_FOUND"
    missing = GetTransferRequest(name=f"transfers/{uuid.uuid4()}")
    assert (await refused(inventory.transfers.GetTransfer(missing))).reason == "TRANSFER_NOT_FOUND"


async def test_lists_by_state_and_warehouse(inventory: Inventory) -> None:
    mug, main = await inventory.stocked("mug", "main", 10)
    other = await inventory.warehouse("other")
    first = await _send(inventory, mug, main, other, 2)
    await inventory.transfers.ReceiveTransfer(ReceiveTransferRequest(name=first.name))
    second = await _send(inventory, mug, other, main, 1)

    async def names(filter: str) -> list[str]:
        page = await inventory.transfers.ListTransfers(ListTransfersRequest(filter=filter))
        return [transfer.name for transfer in page.transfers]

    assert await names("") == [second.name, first.name]
    assert await names("state = TRANSFER_STATE_RECEIVED") == [first.name]
    assert await names(f'source_warehouse = "{other}"') == [second.name]
    assert await inventory.transfers.GetTransfer(GetTransferRequest(name=second.name)) == second


async def _send(
    inventory: Inventory, product: str, source: str, destination: str, quantity: int
) -> transfer_pb2.Transfer:
    line = transfer_pb2.TransferLine(product=product, quantity=quantity)
    request = CreateTransferRequest(source_warehouse=source, destination_warehouse=destination, lines=[line])
    return await inventory.transfers.CreateTransfer(request)


async def _levels(inventory: Inventory, product: str) -> dict[str, tuple[int, int, int]]:
    stock = await inventory.stock.GetStock(GetStockRequest(name=f"{product}/stock"))
    return {
        level.warehouse.removeprefix("warehouses/"): (level.on_hand, level.in_transit, level.damaged)
        for level in stock.levels
    }

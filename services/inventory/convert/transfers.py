"""Transfers, as messages and back."""

from collections.abc import Iterable

from mesh.inventory.v1 import transfer_pb2, transfer_service_pb2
from services._platform.times import timestamp
from services.inventory.convert import names
from services.inventory.domain.transfers import Receipt, Transfer, TransferLine


def lines(messages: Iterable[transfer_pb2.TransferLine]) -> tuple[TransferLine, ...]:
    """What a request sends."""
    return tuple(TransferLine(names.PRODUCT.id(line.product), line.quantity) for line in messages)


def receipts(messages: Iterable[transfer_service_pb2.TransferReceipt]) -> tuple[Receipt, ...]:
    """What arrived."""
    return tuple(Receipt(names.PRODUCT.id(one.product), one.quantity, one.damaged_quantity) for one in messages)


def transfer(transfer: Transfer) -> transfer_pb2.Transfer:
    """A transfer as a message."""
    return transfer_pb2.Transfer(
        name=names.TRANSFER.name(transfer.id),
        source_warehouse=names.WAREHOUSE.name(transfer.source),
        destination_warehouse=names.WAREHOUSE.name(transfer.destination),
        lines=[
            transfer_pb2.TransferLine(
                product=names.PRODUCT.name(line.product),
                quantity=line.sent,
                received_quantity=line.received,
                damaged_quantity=line.damaged,
                missing_quantity=line.missing,
            )
            for line in transfer.lines
        ],
        state=transfer_pb2.TransferState.ValueType(transfer.state.value),
        note=transfer.note,
        create_time=timestamp(transfer.create_time),
        update_time=timestamp(transfer.update_time),
    )

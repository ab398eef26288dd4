"""What inventory announces, as event messages with the name of the resource that each is about."""

from collections.abc import Iterable

from google.protobuf.message import Message

from mesh.inventory.v1 import event_pb2
from services._platform.outbox import Event
from services.inventory.convert import alerts, catalogue, names, reservations, stock, transfers
from services.inventory.domain.alerts import Alert
from services.inventory.domain.book import Book
from services.inventory.domain.catalogue import Product, Warehouse
from services.inventory.domain.commands import Adjust
from services.inventory.domain.levels import Level
from services.inventory.domain.reservations import Reservation
from services.inventory.domain.transfers import Transfer

_RESERVATION_EVENTS = {
    "created": event_pb2.ReservationCreated,
    "extended": event_pb2.ReservationExtended,
    "confirmed": event_pb2.ReservationConfirmed,
    "cancelled": event_pb2.ReservationCancelled,
    "expired": event_pb2.ReservationExpired,
}


def of_book(book: Book) -> Iterable[Event]:
    """Everything that a book's commands did, and the levels that came of it."""
    for news in book.news:
        match news.subject:
            case Reservation() as subject:
                yield _event(_RESERVATION_EVENTS[news.event](reservation=reservations.reservation(subject, book.now)))
            case Transfer() as subject:
                yield _event(event_pb2.TransferChanged(transfer=transfers.transfer(subject)))
            case Adjust() as subject:
                adjusted = event_pb2.StockAdjusted(adjustment=stock.adjustment(subject), actor=subject.actor)
                yield Event(names.LEVEL.name(subject.product, subject.warehouse), adjusted)
            case subject:
                raise TypeError(f"nothing is announced of {subject!r}")
    for key in sorted(book.touched):
        yield stock_changed(book.levels[key])


def product_changed(product: Product) -> Event:
    """A product was created or updated."""
    return _event(event_pb2.ProductChanged(product=catalogue.product(product)))


def warehouse_changed(warehouse: Warehouse) -> Event:
    """A warehouse was created or updated."""
    return _event(event_pb2.WarehouseChanged(warehouse=catalogue.warehouse(warehouse)))


def stock_changed(level: Level) -> Event:
    """A stock level changed."""
    return _event(event_pb2.StockChanged(stock_level=stock.level(level)))


def stock_repaired(level: Level) -> Event:
    """A stock level was rebuilt from the ledger."""
    return _event(event_pb2.StockRepaired(stock_level=stock.level(level)))


def alert_changed(alert: Alert) -> Event:
    """An alert was raised, changed or acted on."""
    return _event(event_pb2.StockAlertChanged(stock_alert=alerts.alert(alert, alert.update_time)))


def _event(message: Message) -> Event:
    [(_, subject)] = message.ListFields()
    return Event(subject.name, message)

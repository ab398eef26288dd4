"""Reservations, as messages and back."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from google.protobuf.duration_pb2 import Duration

from mesh.inventory.v1 import reservation_pb2
from services._platform.times import timestamp
from services.inventory.convert import names
from services.inventory.domain.reservations import Reservation, Want

DEFAULT_TTL = timedelta(hours=1)


def wants(lines: Iterable[reservation_pb2.ReservationLine]) -> tuple[Want, ...]:
    """What the lines of a request ask for."""
    return tuple(
        Want(
            product=names.PRODUCT.id(line.product),
            quantity=line.quantity,
            warehouse=names.WAREHOUSE.id(line.warehouse) if line.warehouse else "",
        )
        for line in lines
    )


def ttl(duration: Duration) -> timedelta:
    """How long to hold; an hour when the request does not say."""
    return duration.ToTimedelta() or DEFAULT_TTL


def reservation(reservation: Reservation, now: datetime) -> reservation_pb2.Reservation:
    """A reservation as seen at an instant."""
    return reservation_pb2.Reservation(
        name=names.RESERVATION.name(reservation.id),
        order=reservation.order,
        lines=[
            reservation_pb2.ReservationLine(
                product=names.PRODUCT.name(line.product),
                quantity=line.quantity,
                warehouse=names.WAREHOUSE.name(line.warehouse),
                confirmed_quantity=line.confirmed,
            )
            for line in reservation.lines
        ],
        state=reservation_pb2.ReservationState.ValueType(reservation.state_at(now).value),
        expire_time=timestamp(reservation.expire_time),
        create_time=timestamp(reservation.create_time),
        update_time=timestamp(reservation.update_time),
    )

"""Instants between the contract and the domain. Always in UTC, to the microsecond, as Postgres stores them."""

from datetime import UTC, datetime
from typing import cast, overload

from google.protobuf.timestamp_pb2 import Timestamp

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@overload
def timestamp(instant: datetime) -> Timestamp: ...
@overload
def timestamp(instant: None) -> None: ...
def timestamp(instant: datetime | None) -> Timestamp | None:
    """An instant for a Timestamp field of a message's constructor.

    Constructors take the fields of a submessage as a mapping, three times as fast as a datetime, which protobuf
    converts in Python; only the stubs do not know it.
    """
    if instant is None:
        return None
    since = instant - _EPOCH
    fields = {"seconds": since.days * 86_400 + since.seconds, "nanos": since.microseconds * 1000}
    return cast("Timestamp", fields)


def put(field: Timestamp, instant: datetime) -> None:
    """Writes an instant into the field of a message that is there."""
    since = instant - _EPOCH
    field.seconds = since.days * 86_400 + since.seconds
    field.nanos = since.microseconds * 1000


def instant(timestamp: Timestamp) -> datetime:
    """The instant of a Timestamp."""
    return timestamp.ToDatetime(tzinfo=UTC)

"""Instants between the contract and the domain. Always in UTC, to the microsecond, as Postgres stores them."""

from datetime import UTC, datetime
from typing import cast, overload

from google.protobuf.timestamp_pb2 import Timestamp


@overload
def timestamp(instant: datetime) -> Timestamp: ...
@overload
def timestamp(instant: None) -> None: ...
def timestamp(instant: datetime | None) -> Timestamp | None:
    """An instant for a Timestamp field of a message's constructor.

    Constructors take a datetime as it is and convert it natively, five times as fast as `Timestamp.FromDatetime`;
    only the stubs do not know it.
    """
    return cast("Timestamp | None", instant)


def instant(timestamp: Timestamp) -> datetime:
    """The instant of a Timestamp."""
    return timestamp.ToDatetime(tzinfo=UTC)

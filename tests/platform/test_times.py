"""Instants between messages and the domain, and the clock."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from google.protobuf.timestamp_pb2 import Timestamp
from hypothesis import given
from hypothesis import strategies as st

from services._platform.clock import system_clock
from services._platform.times import instant, timestamp


@given(st.datetimes(timezones=st.just(UTC)))
def test_an_instant_goes_and_comes_to_the_microsecond(moment: datetime) -> None:
    message = Timestamp()
    message.FromDatetime(moment)
    assert instant(message) == moment
    assert instant(message).tzinfo is UTC


def test_a_message_takes_an_instant_as_it_is(messages: Any) -> None:
    moment = datetime(2026, 11, 20, 12, 30, 1, 234567, tzinfo=timezone(timedelta(hours=2)))
    assert instant(messages.Note(create_time=timestamp(moment)).create_time) == moment
    assert not messages.Note(create_time=timestamp(None)).HasField("create_time")


def test_the_clock_is_in_utc() -> None:
    assert system_clock().utcoffset() == timedelta(0)

"""Spans of time: Durations in the contract, whole microseconds in the domain."""

from google.protobuf.duration_pb2 import Duration


def duration(microseconds: int) -> Duration:
    """A span as a Duration."""
    seconds, rest = divmod(microseconds, 1_000_000)
    return Duration(seconds=seconds, nanos=rest * 1000)


def microseconds(duration: Duration) -> int:
    """The span of a Duration."""
    return duration.seconds * 1_000_000 + duration.nanos // 1000

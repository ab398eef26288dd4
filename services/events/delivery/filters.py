"""Filters in CEL (cel.dev) over typed messages: compiled, and so checked, for every topic that a group asks for."""

from collections.abc import Sequence

from cel_expr_python import cel
from google.protobuf import descriptor_pool
from google.protobuf.message import DecodeError

from mesh.events.v1 import event_service_pb2
from services._platform.errors import InvalidArgument
from services.events.convert.topics import Topics
from services.events.domain.events import Event
from services.events.domain.topics import matching


class FilterFailed(Exception):
    """A filter could not be evaluated on an event; says why."""


class Filter:
    """Says which events a group wants. Refuses an expression that does not fit one of its topics."""

    def __init__(self, expression: str, patterns: Sequence[str], topics: Topics, field: str) -> None:
        self._topics = topics
        named = matching(patterns, topics.names)
        self._compiled = {topic: _compile(expression, topic, field) for topic in named} if expression else {}
        self._filters = bool(expression)

    def wants(self, event: Event) -> bool:
        """Whether the event passes. Raises `FilterFailed`."""
        if not self._filters:
            return True
        try:
            given = {
                "message": self._topics.read(event.topic, event.payload),
                "topic": event.topic,
                "key": event.key,
                "attributes": attributes(event.attributes),
            }
            found = self._compiled[event.topic].eval(data=given)
        except (KeyError, DecodeError, RuntimeError) as error:
            raise FilterFailed(f"{event.topic}: {error}") from error
        value = found.value()
        if not isinstance(value, bool):
            raise FilterFailed(str(value))
        return value


def attributes(stored: bytes) -> dict[str, str]:
    """The attributes of an event, as they are stored."""
    return dict(event_service_pb2.NewEvent.FromString(stored).attributes) if stored else {}


def _compile(expression: str, topic: str, field: str) -> cel.Expression:
    environment = cel.NewEnv(
        descriptor_pool.Default(),
        variables={
            "message": cel.Type(topic),
            "topic": cel.Type.STRING,
            "key": cel.Type.STRING,
            "attributes": cel.Type.Map(cel.Type.STRING, cel.Type.STRING),
        },
    )
    try:
        compiled = environment.compile(expression)
    except RuntimeError as error:
        what = str(error).partition("<input>:")[2].partition("\n")[0] or str(error)
        raise InvalidArgument.of(field, f"on {topic}: {what}", reason="FILTER_INVALID") from error
    if compiled.return_type() != cel.Type.BOOL:
        raise InvalidArgument.of(field, f"on {topic}: says no yes or no", reason="FILTER_INVALID")
    return compiled

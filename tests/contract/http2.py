"""Raw HTTP/2: for calls that no gRPC library would make."""

import socket
from dataclasses import dataclass, field

from h2.config import H2Configuration
from h2.connection import H2Connection
from h2.events import (
    ConnectionTerminated,
    DataReceived,
    Event,
    ResponseReceived,
    StreamEnded,
    StreamReset,
    TrailersReceived,
)

from tests.contract.faces.web_face import status_from
from tests.contract.outcome import Metadata, Outcome

_CHUNK = 16_384


@dataclass
class Exchange:
    """What came back on a stream: headers and trailers together, and how it was cut off, if it was."""

    headers: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    reset: int | None = None
    ended: bool = False

    @property
    def grpc(self) -> Outcome | None:
        """How the call ended, as gRPC tells it; None when it does not."""
        if "grpc-status" not in self.headers:
            return None
        status = status_from(self.headers)
        return Outcome.refused(status) if status.code else Outcome()


def exchange(target: str, path: str, body: bytes, headers: Metadata = ()) -> Exchange:
    """One POST over a connection of its own, as a gRPC call unless `headers` say otherwise. Waits 10 s at most.

    Raises `TimeoutError` when nothing comes back.
    """
    host, _, port = target.rpartition(":")
    given = {name for name, _ in headers}
    usual = [("content-type", "application/grpc"), ("te", "trailers")]
    pseudo = [(":method", "POST"), (":scheme", "http"), (":path", path), (":authority", target)]
    with socket.create_connection((host, int(port)), timeout=10) as wire:
        # What h2 would refuse to send is what is to be tried.
        config = H2Configuration(validate_outbound_headers=False, normalize_outbound_headers=False)
        connection = H2Connection(config)
        connection.initiate_connection()
        connection.send_headers(1, [*pseudo, *(one for one in usual if one[0] not in given), *headers])
        stream = _Stream(wire, connection)
        try:
            stream.run(body)
        except (BrokenPipeError, ConnectionResetError):
            stream.found.reset = stream.found.reset or 0
        return stream.found


class _Stream:
    def __init__(self, wire: socket.socket, connection: H2Connection) -> None:
        self._wire, self._connection = wire, connection
        self.found = Exchange()

    def run(self, body: bytes) -> None:
        """Sends the body as the window opens; reads until the stream is over."""
        left, open_ = body, True
        while not self.found.ended:
            room = min(self._connection.local_flow_control_window(1), _CHUNK) if open_ else 0
            while open_ and (not left or room > 0):
                chunk, left = left[:room], left[room:]
                last = not left
                self._connection.send_data(1, chunk, end_stream=last)
                open_ = not last
                room = min(self._connection.local_flow_control_window(1), _CHUNK) if open_ else 0
            self._wire.sendall(self._connection.data_to_send())
            received = self._wire.recv(65_536)
            if not received:
                break
            for event in self._connection.receive_data(received):
                self._take(event)
            open_ = open_ and not self.found.ended

    def _take(self, event: Event) -> None:
        match event:
            case ResponseReceived() | TrailersReceived():
                pairs = ((_text(name), _text(value)) for name, value in event.headers or ())
                self.found.headers.update(pairs)
            case DataReceived():
                self.found.body += event.data or b""
                self._connection.acknowledge_received_data(event.flow_controlled_length or 0, 1)
            case StreamEnded() | ConnectionTerminated():
                self.found.ended = True
            case StreamReset():
                self.found.ended, self.found.reset = True, int(event.error_code or 0)


def _text(value: bytes | str) -> str:
    return value.decode() if isinstance(value, bytes) else value

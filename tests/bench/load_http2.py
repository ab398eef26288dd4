"""Load over gRPC: unary calls on HTTP/2 connections, each with a number of streams in flight (RFC 9113, RFC 7541).

grpcio's own client costs as much CPU a call as the server that is measured. This one sends prebuilt frames and looks
at nothing but the trailers' status, for a tenth of that.
"""

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from time import perf_counter
from types import MappingProxyType
from typing import cast

from hpack import Decoder

from tests.bench.measure import Tally

_DATA, _HEADERS, _RST_STREAM, _SETTINGS, _PING, _GOAWAY, _WINDOW_UPDATE = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _END_HEADERS, _ACK = 0x1, 0x4, 0x1
_FRAME_HEAD = 9
_INITIAL_WINDOW = 65_535

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
# The server may send as much as it likes: 1 GiB on the connection is more than a bench receives.
_OPENING = (
    _PREFACE + b"\0\0\0" + bytes([_SETTINGS, 0]) + b"\0\0\0\0"
    b"\0\0\x04" + bytes([_WINDOW_UPDATE, 0]) + b"\0\0\0\0" + (1 << 30).to_bytes(4)
)


async def connect(
    address: str,
    path: str,
    messages: Iterator[bytes],
    connections: int,
    streams: int,
    tally: Tally,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Sequence[asyncio.Transport]:
    """Opens connections to host:port, which call `/package.Service/Method`, `streams` at a time each."""
    heads = _request_heads(address, path, headers)
    host, _, port = address.rpartition(":")
    opened = [
        await asyncio.get_running_loop().create_connection(
            lambda: _Connection(heads, messages, streams, tally), host, int(port)
        )
        for _ in range(connections)
    ]
    return [transport for transport, _ in opened]


class _Connection(asyncio.Protocol):
    def __init__(self, heads: tuple[bytes, bytes], messages: Iterator[bytes], streams: int, tally: Tally) -> None:
        self._first_head, self._head = heads
        self._messages = messages
        self._streams = streams
        self._tally = tally
        self._received = b""
        self._sending: list[bytes] = []
        self._sent: dict[int, float] = {}
        self._next_stream = 1
        self._window = _INITIAL_WINDOW
        self._heads = _Heads()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._sending.append(_OPENING)
        for _ in range(self._streams):
            self._call()
        self._flush()

    def data_received(self, data: bytes) -> None:
        received = self._received + data
        start, end = 0, len(received)
        while end - start >= _FRAME_HEAD:
            stop = start + _FRAME_HEAD + int.from_bytes(received[start : start + 3])
            if stop > end:
                break
            stream = int.from_bytes(received[start + 5 : start + 9])
            self._frame(received[start + 3], received[start + 4], stream, received[start + _FRAME_HEAD : stop])
            start = stop
        self._received = received[start:]
        self._flush()

    def connection_lost(self, _error: Exception | None) -> None:
        for stream in list(self._sent):
            self._answered(stream, "the connection was closed")

    def _frame(self, kind: int, flags: int, stream: int, payload: bytes) -> None:
        match kind:
            case 1:  # HEADERS, of an answer or its trailers
                status = self._heads.status(payload, complete=bool(flags & _END_HEADERS))
                if flags & _END_STREAM:
                    self._answered(stream, None if status == "0" else f"grpc-status {status}")
            case 3:  # RST_STREAM
                if stream in self._sent:
                    self._answered(stream, f"reset with {int.from_bytes(payload)}")
            case 4 | 6 if not flags & _ACK:  # SETTINGS, PING
                answer = payload if kind == _PING else b""
                self._sending.append(_frame(kind, _ACK, 0, answer))
            case 8 if stream == 0:  # WINDOW_UPDATE
                self._window += int.from_bytes(payload)
            case 7:  # GOAWAY
                self._tally.failures[f"the server went away: {payload[8:]!r}"] += 1

    def _answered(self, stream: int, failure: str | None) -> None:
        self._tally.answered(self._sent.pop(stream), failure)
        self._call()

    def _call(self) -> None:
        if not self._tally.sending or self._transport.is_closing():
            return
        stream, self._next_stream = self._next_stream, self._next_stream + 2
        message = next(self._messages)
        body = b"\0" + len(message).to_bytes(4) + message
        self._window -= len(body)
        if self._window < 0:
            raise RuntimeError("the server's window is full: more calls are in flight than it takes")
        head = self._first_head if stream == 1 else self._head
        self._sending += (_frame(_HEADERS, _END_HEADERS, stream, head), _frame(_DATA, _END_STREAM, stream, body))
        self._tally.in_flight += 1
        self._sent[stream] = perf_counter()

    def _flush(self) -> None:
        if self._sending:
            self._transport.write(b"".join(self._sending))
            self._sending.clear()


class _Heads:
    """Reads header blocks. A block that leaves the compression state as it is means the same the next time."""

    def __init__(self) -> None:
        self._decoder = Decoder()
        self._known: dict[bytes, str] = {}

    def status(self, block: bytes, *, complete: bool) -> str:
        """The `grpc-status` in a block, empty when it has none."""
        if not complete:
            raise RuntimeError("header blocks in several frames are not read here")
        if block in self._known:
            return self._known[block]
        table = self._decoder.header_table
        before = list(table.dynamic_entries), table.maxsize
        fields = {str(field[0]): str(field[1]) for field in self._decoder.decode(block)}
        status = fields.get("grpc-status", "")
        if (list(table.dynamic_entries), table.maxsize) != before:
            self._known.clear()
        elif status in ("", "0"):
            self._known[block] = status
        return status if status in ("", "0") else f"{status} {fields.get('grpc-message', '')}"


def _request_heads(address: str, path: str, headers: Mapping[str, str]) -> tuple[bytes, bytes]:
    """The header block of a connection's first call, which fills the compression table, and of those after it."""
    literals = (
        (b"\x44", path),
        (b"\x41", address),
        (b"\x5f", "application/grpc"),
        (b"\x40\x02te", "trailers"),
        *((b"\x40" + _text(name), value) for name, value in headers.items()),
    )
    method_and_scheme = b"\x83\x86"
    first = b"".join(name + _text(value) for name, value in literals)
    # Each literal took a place in the table, the newest the first one.
    return method_and_scheme + first, method_and_scheme + bytes(range(0xBD + len(literals), 0xBD, -1))


def _text(value: str) -> bytes:
    """A string literal, of at most 16 kB."""
    length = len(value)
    if length < 127:
        return bytes([length]) + value.encode()
    rest, more = divmod(length - 127, 128)
    return (bytes([127, 128 + more, rest]) if rest else bytes([127, more])) + value.encode()


def _frame(kind: int, flags: int, stream: int, payload: bytes) -> bytes:
    return len(payload).to_bytes(3) + bytes([kind, flags]) + stream.to_bytes(4) + payload

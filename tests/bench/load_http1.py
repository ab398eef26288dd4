"""Load over HTTP/1.1: every connection has one request in flight. A request is bytes, made by the caller.

It reads just enough of an answer to know where it ends and whether it is a success, so that it takes little of the
machine that it shares with what it measures.
"""

import asyncio
import re
from collections.abc import Iterator, Sequence
from time import perf_counter
from typing import cast

from tests.bench.measure import Tally

_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_OK = re.compile(rb"HTTP/1\.1 2\d\d ")
_SHOWN = 300


async def connect(
    address: str, requests: Iterator[bytes], connections: int, tally: Tally
) -> Sequence[asyncio.Transport]:
    """Opens connections to host:port, which send one request after another."""
    host, _, port = address.rpartition(":")
    opened = [
        await asyncio.get_running_loop().create_connection(lambda: _Connection(requests, tally), host, int(port))
        for _ in range(connections)
    ]
    return [transport for transport, _ in opened]


class _Connection(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], tally: Tally) -> None:
        self._requests = requests
        self._tally = tally
        self._received = b""
        self._sent = 0.0
        self._waiting = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._send()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head = self._received.find(b"\r\n\r\n")
        if head < 0:
            return
        length = _LENGTH.search(self._received, 0, head + 2)
        if length is None:
            self._answered("the answer has no content-length")
        elif len(self._received) >= head + 4 + int(length[1]):
            ok = _OK.match(self._received)
            self._answered(None if ok else self._received[:_SHOWN].decode(errors="replace"))

    def connection_lost(self, _error: Exception | None) -> None:
        if self._waiting:
            self._tally.answered(self._sent, "the connection was closed")

    def _send(self) -> None:
        self._waiting = self._tally.sending
        if self._waiting:
            self._tally.in_flight += 1
            self._sent = perf_counter()
            self._transport.write(next(self._requests))

    def _answered(self, failure: str | None) -> None:
        self._received = b""
        self._tally.answered(self._sent, failure)
        self._send()

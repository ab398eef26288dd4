"""Posts to addresses outside, and only there: what a host name leads to is checked when it is connected to."""

import asyncio
import socket
from collections.abc import AsyncIterator, Collection, Iterable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import httpcore

from services.events.domain.addresses import Network, check_url, permitted
from services.events.domain.refusals import UrlRefused

SECONDS = 15.0
"""How long an address may take to answer, in all."""
_CONNECT_SECONDS = 5.0
_MOST_BYTES = 64 << 10
_EXCERPT = 1024


@dataclass(frozen=True, slots=True)
class Answer:
    """What an address answered: the HTTP status, 0 when it did not, and why; seconds that it took."""

    status: int
    error: str
    excerpt: str
    seconds: float


class _Refused(Exception):
    """An address that may not be posted to."""


class _Public(httpcore.AsyncNetworkBackend):
    """Connects to the very address that was checked, so that a name cannot lead elsewhere a moment later."""

    def __init__(self, allowed: Collection[Network]) -> None:
        self._allowed = allowed
        self._backend = httpcore.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109  the signature is the library's
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.AsyncNetworkStream:
        found = await asyncio.get_running_loop().getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = list(dict.fromkeys(str(entry[4][0]) for entry in found))
        # One address that is not public, and the name is not trusted with any.
        if not addresses or not all(permitted(address, self._allowed) for address in addresses):
            raise _Refused("the host leads to an address that is not public")
        return await self._backend.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        await self._backend.sleep(seconds)


class Sender:
    """Posts bodies. Redirects are not followed; an answer is read no further than 64 KiB."""

    def __init__(self, pool: httpcore.AsyncConnectionPool, allowed: Collection[Network]) -> None:
        self._pool = pool
        self._allowed = allowed

    async def post(self, url: str, headers: Mapping[str, str], body: bytes) -> Answer:
        """What the address answers. Never raises for what the address does."""
        started = perf_counter()
        status, error, excerpt = 0, "", ""
        try:
            check_url(url, self._allowed)
            async with asyncio.timeout(SECONDS):
                status, excerpt = await self._exchange(url, headers, body)
            if not 200 <= status < 300:
                error = f"answered {status}"
        except UrlRefused as refused:
            error = refused.message
        except TimeoutError:
            error = f"no answer within {SECONDS:g} s"
        except (_Refused, OSError, httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException) as failure:
            error = f"{type(failure).__name__.lstrip('_')}: {failure}"[:200]
        return Answer(status, error, excerpt, perf_counter() - started)

    async def _exchange(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str]:
        timeouts = {"connect": _CONNECT_SECONDS, "read": SECONDS, "write": SECONDS, "pool": SECONDS}
        async with self._pool.stream(
            "POST", url, headers=list(headers.items()), content=body, extensions={"timeout": timeouts}
        ) as response:
            read = b""
            async for part in response.aiter_stream():
                read += part
                if len(read) > _MOST_BYTES:
                    break
        return response.status, read[:_EXCERPT].decode(errors="replace").replace("\0", "")


@asynccontextmanager
async def open_sender(allowed: Collection[Network]) -> AsyncIterator[Sender]:
    """A sender that may also post to the networks that are allowed, until the block ends."""
    async with httpcore.AsyncConnectionPool(
        network_backend=_Public(allowed), max_connections=200, max_keepalive_connections=50, keepalive_expiry=30
    ) as pool:
        yield Sender(pool, allowed)

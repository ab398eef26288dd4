"""Whether a part of the mesh answers, asked the way that its clients ask."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping

Check = Callable[[], Awaitable[None]]
"""Returns when the part answers, raises otherwise."""

TIMEOUT = 2.0
INTERVAL = 0.05


class NotHealthyError(Exception):
    """Parts that did not answer in time, each with its last error."""


def store(url: str) -> Check:
    """Logs in to the store behind a `postgresql://` or `redis://` URL."""
    return (lambda: _postgres(url)) if url.startswith("postgres") else (lambda: _redis(url))


def wait(checks: Mapping[str, Check], seconds: float) -> None:
    """Returns as soon as every check has passed once. Raises `NotHealthyError` after `seconds`."""
    asyncio.run(_wait(checks, time.monotonic() + seconds))


async def failure(check: Check) -> str:
    """Why a check does not pass, on one line; empty when it does."""
    try:
        await asyncio.wait_for(check(), TIMEOUT)
    except Exception as error:
        return (str(error).splitlines() or [""])[0] or type(error).__name__
    return ""


async def _wait(checks: Mapping[str, Check], deadline: float) -> None:
    async def passes(check: Check) -> str:
        while reason := await failure(check):
            if time.monotonic() > deadline:
                return reason
            await asyncio.sleep(INTERVAL)
        return ""

    reasons = await asyncio.gather(*(passes(check) for check in checks.values()))
    failed = [f"{name}: {reason}" for name, reason in zip(checks, reasons, strict=True) if reason]
    if failed:
        raise NotHealthyError("; ".join(failed))


async def _postgres(url: str) -> None:
    import asyncpg

    connection = await asyncpg.connect(url, timeout=TIMEOUT)
    await connection.close()


async def _redis(url: str) -> None:
    from redis.asyncio import Redis

    async with Redis.from_url(url) as client:
        await client.ping()

"""Whether a part of the mesh answers, asked the way that its clients ask. A check is a URL."""

import asyncio
import time
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

from services._local import loopback

TIMEOUT = 2.0
INTERVAL = 0.05
SERVER_ERROR = 500


class NotHealthyError(Exception):
    """Parts that did not answer in time: `reasons` has the last error of each."""

    def __init__(self, reasons: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {reason}" for name, reason in reasons.items()))
        self.reasons = reasons


def failures(checks: Mapping[str, str], seconds: float = 0.0) -> dict[str, str]:
    """Why checks do not pass, on one line each; those that do are left out.

    A check is repeated until it passes or `seconds` are over.
    """
    with ThreadPoolExecutor(max_workers=max(1, len(checks))) as threads:
        deadline = time.monotonic() + seconds
        reasons = threads.map(lambda url: _failure(url, deadline), checks.values())
        return {name: reason for name, reason in zip(checks, reasons, strict=True) if reason}


def wait(checks: Mapping[str, str], seconds: float) -> None:
    """Returns as soon as every check has passed once. Raises `NotHealthyError` after `seconds`."""
    if reasons := failures(checks, seconds):
        raise NotHealthyError(reasons)


def check(url: str) -> None:
    """Returns when the server behind the URL answers and is ready for work, raises otherwise.

    `postgresql://` and `redis://` log in, `grpc://HOST:PORT` asks the standard health service, `http://` gets
    an answer, be it a refusal.
    """
    CHECKS[urlsplit(url).scheme](url)


def _failure(url: str, deadline: float) -> str:
    while True:
        try:
            check(url)
        except Exception as error:  # whatever a driver raises, it is the answer
            if time.monotonic() > deadline:
                return (str(error).splitlines() or [""])[0] or type(error).__name__
            time.sleep(INTERVAL)
        else:
            return ""


def _postgres(url: str) -> None:
    import asyncpg

    async def log_in() -> None:
        connection = await asyncpg.connect(url, timeout=TIMEOUT)
        await connection.close()

    asyncio.run(log_in())


def _redis(url: str) -> None:
    from redis import Redis

    with Redis.from_url(url, socket_timeout=TIMEOUT) as client:
        client.ping()


def _grpc(url: str) -> None:
    import grpc
    from grpc_health.v1 import health_pb2, health_pb2_grpc

    with grpc.insecure_channel(urlsplit(url).netloc, [("grpc.enable_http_proxy", 0)]) as channel:
        try:
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=TIMEOUT)
        except grpc.RpcError as error:
            raise ConnectionError(f"{error.code().name} {error.details()}") from None
    if answer.status != health_pb2.HealthCheckResponse.SERVING:
        raise ConnectionError(health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status))


def _http(url: str) -> None:
    code, answer = loopback.call(url, seconds=TIMEOUT)
    if code >= SERVER_ERROR:
        raise ConnectionError(f"HTTP {code} {' '.join(answer.split())}")


CHECKS = {"postgresql": _postgres, "postgres": _postgres, "redis": _redis, "grpc": _grpc, "http": _http}

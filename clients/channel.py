"""The one way to open a channel into the mesh: deadlines, retries and idempotency as the contract says.

async with connect("127.0.0.1:8080") as channel:
    stub = ReservationServiceStub(channel)
    with typed_errors():
        reservation = await stub.CreateReservation(request)
"""

import json
import uuid
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from typing import Any

import grpc
from grpc.aio import ClientCallDetails, Metadata, UnaryUnaryClientInterceptor

from clients import contract

Channel = grpc.aio.Channel
"""An open channel: what stubs are made of."""
Headers = Callable[[], Awaitable[Mapping[str, str]]]
"""Headers for a call: credentials, trace."""

_CONNECTION = [
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    # A service that was away for long is found again within a second; by default it may be two minutes.
    ("grpc.initial_reconnect_backoff_ms", 100),
    ("grpc.max_reconnect_backoff_ms", 1_000),
]
_RETRY = {
    "maxAttempts": 4,
    "initialBackoff": "0.02s",
    "maxBackoff": "1s",
    "backoffMultiplier": 2,
    "retryableStatusCodes": ["UNAVAILABLE"],
}
# A tenth of the calls may be retries; when more fail, retrying only adds to the load (gRFC A6).
_BUDGET = {"maxTokens": 100, "tokenRatio": 0.1}
# A replica that drains says NOT_SERVING first; then no new call goes there (gRFC A17).
_BALANCING = {"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}


def connect(target: str, headers: Headers | None = None, *, balanced: bool = False, conducted: bool = True) -> Channel:
    """A channel to a service, or to the edge. Credentials and trace are asked of `headers` at each call.

    A caller that gives each call its deadline, its idempotency key and its headers, and repeats it, by itself, says
    `conducted=False`, and is spared what an interceptor costs, and retries below its own.

    `balanced` spreads calls over all addresses of the target whose health says SERVING: for a target that is the
    replicas of a service. The edge does so by itself.
    """
    config = service_config(balanced=balanced, conducted=conducted)
    options = [*_CONNECTION, ("grpc.enable_retries", int(conducted)), ("grpc.service_config", config)]
    interceptors = [_Conduct(headers)] if conducted else []
    return grpc.aio.insecure_channel(target, options=options, interceptors=interceptors)


@cache
def service_config(*, balanced: bool = False, conducted: bool = True) -> str:
    """The gRPC service config of the whole contract: the longest that each method may take, which no caller's deadline
    goes beyond (a stream: its deadline), and retries where a repeat is harmless.
    """
    config = {"methodConfig": list(_method_configs()), "retryThrottling": _BUDGET} if conducted else {}
    return json.dumps({**config, **_BALANCING} if balanced else config)


def _method_configs() -> Iterator[Mapping[str, Any]]:
    for service in contract.services():
        for method in contract.methods(service):
            config = {
                "name": [{"service": method.service, "method": method.name}],
                "timeout": f"{method.deadline if method.streams else method.max_deadline:.3f}s",
            }
            yield {**config, "retryPolicy": _RETRY} if method.idempotent and not method.streams else config


@cache
def _deadlines() -> Mapping[str, float]:
    return {method.path: method.deadline for service in contract.services() for method in contract.methods(service)}


class _Conduct(UnaryUnaryClientInterceptor):
    """Gives every call an idempotency key, the same for all of its tries, the caller's headers, and its deadline."""

    def __init__(self, headers: Headers | None) -> None:
        self._headers = headers

    async def intercept_unary_unary(
        self, continuation: Callable[..., Any], client_call_details: ClientCallDetails, request: Any
    ) -> Any:
        metadata = Metadata(*(client_call_details.metadata or ()))
        if metadata.get("idempotency-key") is None:
            metadata.add("idempotency-key", str(uuid.uuid4()))
        for key, value in (await self._headers() if self._headers else {}).items():
            metadata.set_all(key, [value])
        asked = client_call_details.timeout
        details = ClientCallDetails(
            client_call_details.method,
            _deadlines().get(_text(client_call_details.method)) if asked is None else asked,
            metadata,
            client_call_details.credentials,
            client_call_details.wait_for_ready,
        )
        return await continuation(details, request)


def _text(method: str | bytes) -> str:
    """A method's path; grpc.aio hands it on as bytes, whatever its types say."""
    return method.decode() if isinstance(method, bytes) else method

"""Between orchestrator and participants: carries calls as a bad network does."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import partial
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2_grpc

from tests.checkout.points import area_and_name

_OF_THE_CONNECTION = ("grpc-", "user-agent", ":")


class Fate(Enum):
    """What becomes of a call."""

    TWICE = "arrives twice at once"
    ANSWER_LOST = "arrives, and its answer does not"
    LATE = "arrives when its caller has long given it up"


@dataclass
class Courier:
    """Carries every call to the area that it is for; the one at a place among them as fate has it."""

    channels: Mapping[str, grpc.aio.Channel]
    fate: Fate = Fate.TWICE
    place: int = -1
    carried: int = 0
    late: list[partial[Any]] = field(default_factory=list)

    def disturb(self, place: int, fate: Fate) -> None:
        """From now on, the call at this place will not be carried as it should be."""
        self.place, self.fate, self.carried = place, fate, 0

    async def deliver_late(self) -> None:
        """Carries what was held back; whatever it is answered, nobody waits for it any more."""
        held, self.late = self.late, []
        await asyncio.gather(*(carry() for carry in held), return_exceptions=True)

    async def carry(self, path: str, request: bytes, context: "grpc.aio.ServicerContext[bytes, bytes]") -> bytes:
        """Answers one call."""
        metadata = [pair for pair in context.invocation_metadata() or () if not pair[0].startswith(_OF_THE_CONNECTION)]
        carry = partial(self._carry, path, request, metadata)
        place, self.carried = self.carried, self.carried + 1
        try:
            if place != self.place:
                return await carry()
            if self.fate is Fate.TWICE:
                return (await asyncio.gather(carry(), carry()))[0]
            if self.fate is Fate.LATE:
                self.late.append(carry)
            else:
                await carry()
        except grpc.aio.AioRpcError as error:
            await context.abort(error.code(), error.details() or "", tuple(error.trailing_metadata() or ()))
        await context.abort(grpc.StatusCode.UNAVAILABLE, "lost on the way")
        raise AssertionError("an abort raises")

    async def _carry(self, path: str, request: bytes, metadata: Any) -> bytes:
        call: Any = self.channels[area_and_name(path)[0]].unary_unary(path)
        return bytes(await call(request, metadata=metadata, timeout=10))


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, courier: Courier) -> None:
        self._courier = courier

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(partial(self._courier.carry, handler_call_details.method))


@asynccontextmanager
async def serving(courier: Courier) -> AsyncIterator[str]:
    """The courier at an address of its own, in place of every participant."""
    server = grpc.aio.server()
    health_pb2_grpc.add_HealthServicer_to_server(health.aio.HealthServicer(), server)
    server.add_generic_rpc_handlers((_Handlers(courier),))
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    try:
        yield f"ipv4:127.0.0.1:{port}"
    finally:
        await server.stop(grace=0)

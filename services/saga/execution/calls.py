"""Calls of steps, at the services that serve them."""

from typing import Any

from google.protobuf.message import Message

from clients.errors import MeshError, typed_errors
from services._platform.errors import Refusal
from services._platform.log import logger
from services._platform.neighbours import Neighbours
from services.saga.domain.retries import Failure
from services.saga.plan.plan import Call

_log = logger(__name__)


class Calls:
    """The RPCs of steps. A call carries its key, the same for every try of it."""

    def __init__(self, neighbours: Neighbours) -> None:
        self._neighbours = neighbours
        self._stubs: dict[str, Any] = {}

    async def make(self, call: Call, request: Message, request_id: str) -> Message | Failure:
        """The reply, or how the call failed."""
        method = call.method
        stub = self._stub(call)
        if stub is None:
            return Failure("UNAVAILABLE", "SERVICE_UNAVAILABLE", f"nobody serves {method.service}")
        try:
            headers = await self._neighbours.headers()
            metadata = (("idempotency-key", request_id), *headers.items())
            with typed_errors():
                reply: Message = await stub(request, timeout=method.deadline, metadata=metadata)
                return reply
        except MeshError as error:
            return Failure(error.code.name, error.reason, error.message)
        except Refusal as refusal:  # of the token that the call should have carried
            return Failure(refusal.code, refusal.reason, refusal.message)
        except Exception:
            _log.exception("a call of a step failed by a defect", method=method.path)
            return Failure("INTERNAL", "INTERNAL", "the call failed by a defect of ours")

    def _stub(self, call: Call) -> Any:
        """What makes the call; None when nobody serves it."""
        method = call.method
        stub = self._stubs.get(method.path)
        if stub is None and method.service in self._neighbours:
            stub = self._stubs[method.path] = self._neighbours.channel(method.service).unary_unary(
                method.path, request_serializer=_serialize, response_deserializer=call.reply.FromString
            )
        return stub


def _serialize(message: Message) -> bytes:
    return message.SerializeToString()

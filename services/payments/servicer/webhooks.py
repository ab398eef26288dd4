"""The RPC that the provider calls."""

from collections.abc import Sequence

from google.protobuf.empty_pb2 import Empty

from mesh.payments.v1 import webhook_service_pb2
from mesh.payments.v1.webhook_service_servicer import WebhookServiceServicer
from services._platform.call import Call
from services._platform.clock import Clock
from services.payments.provider import webhooks
from services.payments.store import Settlements


class Webhooks(WebhookServiceServicer[Call]):
    """`mesh.payments.v1.WebhookService`."""

    def __init__(self, settlements: Settlements, secrets: Sequence[bytes], clock: Clock) -> None:
        self._settlements = settlements
        self._secrets = secrets
        self._clock = clock

    async def ReceiveWebhook(self, request: webhook_service_pb2.ReceiveWebhookRequest, call: Call, /) -> Empty:
        webhook = webhooks.read(self._secrets, call.metadata, request.event.data, self._clock())
        await self._settlements.receive(webhook.id, webhook.operation, webhook.outcome)
        return Empty()
